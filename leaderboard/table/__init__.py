"""CSV columns as arrays of words, the CSV files that their owner wrote, and CSV that a spreadsheet may open."""
