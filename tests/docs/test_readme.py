"""The README stays short, and shows the page and a run."""

from tests.docs import pages

README = pages.ROOT / "README.md"


def test_the_readme_has_at_most_800_words():
    assert len(README.read_text(encoding="utf-8").split()) <= 800


def test_the_readme_shows_the_page_and_a_run():
    images = [link for link in pages.links(README) if link.endswith(".png")]
    assert images == ["docs/images/page.png", "docs/images/run.png"]
    assert all((pages.ROOT / image).stat().st_size < 100_000 for image in images)
