"""docs/architecture.md names every room of both packages."""

import pytest

from tests.docs import pages


@pytest.mark.parametrize("package", ["pipeline", "leaderboard"])
def test_every_room_is_named(package):
    named = {span.text for span in pages.spans(pages.ROOT / "docs" / "architecture.md")}
    rooms = {f"{package}/{file.parent.name}" for file in (pages.ROOT / package).glob("*/__init__.py")}
    assert rooms - named == set()
