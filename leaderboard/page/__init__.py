"""The published page: one static HTML file that loads nothing, and the same data as JSON and CSV."""
