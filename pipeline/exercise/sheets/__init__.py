"""The exercises to hand out: Markdown, LaTeX and notebooks."""
