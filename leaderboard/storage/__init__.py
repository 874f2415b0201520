"""What is on the disk: the database, the append-only log, the kept files, and writing a file whole."""
