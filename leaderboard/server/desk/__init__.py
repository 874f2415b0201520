"""What a request can ask of a competition. The desk holds labels and database; who asks shows a credential."""
