"""The report of a competition: one HTML file to read or print, for the tutor or for everyone."""
