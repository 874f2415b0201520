"""Whether all is as it was written, and what a tutor may want to look at."""
