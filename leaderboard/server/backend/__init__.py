"""The backend: the only process with the labels and the database. It answers calls that come with a credential."""
