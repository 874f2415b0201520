"""The page to explore both subjects: one HTML file that works offline."""
