"""The Markdown pages as the tests see them: fenced blocks, inline code, links, headings."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# cli.md is generated from the parsers, which need no check against themselves.
WRITTEN = [page for page in PAGES if page.name != "cli.md"]
FENCE = re.compile(r"^```(\S*)(.*?)$\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
# What ends one command of a shell line.
SEPARATORS = {";", "&&", "||", "|", ">", ">>", "&"}


@dataclass(frozen=True)
class Piece:
    """A part of a page: where it stands, what kind it is, its text."""

    page: Path
    line: int
    kind: str
    text: str
    title: str = ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line} {self.text.splitlines()[0][:70]}"


def blocks(page: Path) -> list[Piece]:
    """The fenced blocks, in order; `title` is what follows the language."""
    text = page.read_text(encoding="utf-8")
    found = FENCE.finditer(text)
    return [Piece(page, text[: m.start()].count("\n") + 2, m[1], m[3], m[2].strip()) for m in found]


def prose(page: Path) -> str:
    """The text without fenced blocks, which leave their line breaks behind."""
    return FENCE.sub(lambda found: "\n" * found[0].count("\n"), page.read_text(encoding="utf-8"))


def spans(page: Path) -> list[Piece]:
    """The inline code."""
    text = prose(page)
    return [Piece(page, text[: m.start()].count("\n") + 1, "span", m[1]) for m in SPAN.finditer(text)]


def links(page: Path) -> list[str]:
    """The targets of links and images."""
    return [found[1] for found in LINK.finditer(SPAN.sub("", prose(page)))]


def anchors(page: Path) -> set[str]:
    """The fragments that headings get: lower case, spaces to dashes, other punctuation dropped."""
    seen: dict[str, int] = {}
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        seen[slug] = seen.get(slug, -1) + 1
        if seen[slug]:
            seen[f"{slug}-{seen[slug]}"] = 0
    return set(seen)


def commands() -> Iterator[Piece]:
    """Every shell command of the pages' blocks and inline code, one each, without comments and prompts."""
    for page in WRITTEN:
        for block in blocks(page):
            if block.kind in {"sh", "console", "bash"}:
                yield from block_commands(block)
        for span in spans(page):
            if re.match(r"(leaderboard|make|pytest|cifar10-pipeline|(\.venv/bin/)?python) \S", span.text):
                yield Piece(page, span.line, "mention", span.text)


def block_commands(block: Piece) -> Iterator[Piece]:
    """The commands of a shell block; in a console only lines with a prompt are commands."""
    text = block.text.replace("\\\n", " " * 2)
    for number, line in enumerate(text.splitlines()):
        if block.kind == "console":
            line = line.removeprefix("$ ") if line.startswith("$ ") else ""
        for words in split(line):
            yield Piece(block.page, block.line + number, "command", shlex.join(words))


def split(line: str) -> Iterator[list[str]]:
    """The words of each command in a shell line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in SEPARATORS:
            words.append(word)
        elif words:
            yield words
            words = []
