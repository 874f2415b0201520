"""The report of a competition: one HTML file, to read and to print, for the tutor or for everyone."""
