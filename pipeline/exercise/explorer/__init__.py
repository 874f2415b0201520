"""The page to explore both subjects: one HTML file without network."""
