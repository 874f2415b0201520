"""Every relative link leads to a file, every fragment to a heading, every path in code to a file of the project."""

import re

import pytest

from tests.docs import pages

HERE = [(page, target) for page in pages.PAGES for target in pages.links(page) if "://" not in target]
PATHS = re.compile(r"(?:pipeline|leaderboard|tests|configs|docs|benchmarks)/[\w./-]*\w\.?\w*/?")


def test_there_are_links_to_check():
    assert len(HERE) > 40


@pytest.mark.parametrize(("page", "target"), HERE, ids=lambda value: getattr(value, "name", value))
def test_a_link_leads_somewhere(page, target):
    path, _, fragment = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), f"{page.name}: {target}: no such file"
    assert file.is_relative_to(pages.ROOT)
    if fragment:
        assert fragment in pages.anchors(file), f"{page.name}: {target}: no such heading"


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_paths_of_the_project_exist(page):
    named = [span.text for span in pages.spans(page) if PATHS.fullmatch(span.text)]
    assert [path for path in named if not (pages.ROOT / path).exists()] == []


def test_every_page_can_be_reached_from_the_readme():
    reached, new = set(), {pages.ROOT / "README.md"}
    while new:
        reached |= new
        targets = {(page.parent / link.partition("#")[0]).resolve() for page in new for link in pages.links(page)}
        new = {target for target in targets if target.suffix == ".md"} - reached
    assert set(pages.PAGES) - reached == set()
