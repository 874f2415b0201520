"""The standings: public and private places, the moves between them, and the list of entries."""
