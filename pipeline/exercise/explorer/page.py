"""Assemble the page: its markup, style and scripts in one file."""

from importlib.resources import files
from pathlib import Path

from pipeline.core.files import write_text

_SCRIPTS = ("correlation.js", "gradients.js", "chart.js", "page.js")


def write_page(path: Path) -> Path:
    """Write the page; raises UserError if the folder cannot be written."""
    return write_text(path, page())


def page() -> str:
    """The page as text; it loads nothing from elsewhere."""
    scripts = "\n".join(_part(name) for name in _SCRIPTS)
    return _part("page.html").replace("/* STYLE */", _part("style.css")).replace("/* SCRIPTS */", scripts)


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
