"""Exercise sheets: Markdown, LaTeX and notebooks."""
