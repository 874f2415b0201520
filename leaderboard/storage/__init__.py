"""What is on the disk: the database, the append-only audit log and the stored files; and atomic file writes."""
