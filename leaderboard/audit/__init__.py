"""Check that nothing was changed behind the program's back, and find what a tutor may want to look at."""
