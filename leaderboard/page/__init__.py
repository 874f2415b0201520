"""The published page: self-contained static HTML, with JSON and CSV beside it."""
