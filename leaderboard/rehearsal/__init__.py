"""A simulated term with the real commands, so that a tutor can see everything before the term begins."""
