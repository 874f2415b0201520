"""rules.toml: what is written is read back, and each mistake names its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard.competition.rules import Rules, read_rules
from leaderboard.core.errors import LeaderboardError

RULES = Rules(name='Ünïts "quoted" 🎓', classes=("cat", "dog"), timezone="Europe/Berlin", deadline="2026-12-20 18:00")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULES.to_toml())
    assert read_rules(path) == (path.read_text(), RULES)


@pytest.mark.parametrize(
    ("deadline", "timezone", "seconds"),
    [
        ("2026-12-20 18:00", "UTC", 1797789600),
        ("2026-12-20 18:00", "Europe/Berlin", 1797789600 - 3600),
        ("2026-12-20", "UTC", 1797811200),
        ("2026-12-20T18:00+02:00", "UTC", 1797789600 - 7200),
        ("2026-12-20 23:59", "UTC", 1797811200),
        ("2026-12-20 23:59:59", "UTC", 1797811200),
        ("2026-12-20 AoE", "Europe/Berlin", 1797811200 + 12 * 3600),
        ("2026-12-20 23:59 AoE", "UTC", 1797811200 + 12 * 3600),
        ("2026-12-20 18:00 (aoe)", "UTC", 1797789600 + 12 * 3600),
        ("2026-12-20", "AoE", 1797811200 + 12 * 3600),
        # The change of clocks: 02:30 comes twice in October (the second at 01:30 UTC), and not at all in March.
        ("2026-10-25 02:30", "Europe/Berlin", 1792891800),
        ("2026-03-29 02:30", "Europe/Berlin", 1774747800),
        ("2028-02-29", "UTC", 1835481600),
    ],
)
def test_deadline(deadline: str, timezone: str, seconds: int) -> None:
    rules = Rules(name="n", classes=("a", "b"), deadline=deadline, timezone=timezone)
    assert rules.closes_at == seconds * 1_000_000


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("daily_quota = 5", "daily_quota = 0", "daily_quota = 0.*1 to 1000"),
        ("daily_quota = 5", 'daily_quota = "5"', "daily_quota = '5'"),
        ("daily_quota = 5", "daily_quota = true", "daily_quota = True"),
        ("daily_quota = 5", "daily_qouta = 5", "'daily_qouta' is not a rule; did you mean daily_quota"),
        ('tie = "earlier"', 'tie = "random"', 'tie = .random.: it must be "earlier" or "shared"'),
        ("ladder = false", "ladder = maybe", "not TOML"),
        ("ladder = false", 'ladder = "no"', "ladder = 'no'"),
        ('timezone = "Europe/Berlin"', 'timezone = "Berlin"', "timezone = 'Berlin'"),
        ('timezone = "Europe/Berlin"', 'timezone = "../../etc/passwd"', "timezone = "),
        ('deadline = "2026-12-20 18:00"', 'deadline = "soon"', "deadline = 'soon'"),
        ('deadline = "2026-12-20 18:00"', "deadline = 2026-12-20", "deadline = .*quotes"),
        ('classes = ["cat", "dog"]', 'classes = ["cat"]', "classes: give at least two"),
        ('classes = ["cat", "dog"]', "", "the rules need name and classes"),
        ('classes = ["cat", "dog"]', "classes = 5", "classes = 5: write a list"),
        ('classes = ["cat", "dog"]', 'classes = "cat,dog"', "classes = 'cat,dog': write a list"),
        ("name = ", "# name = ", "the rules need name and classes"),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "rules.toml"
    text = RULES.to_toml()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(LeaderboardError, match=f"rules.toml.*{message}"):
        read_rules(path)


def test_a_byte_order_mark_in_the_rules_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('name = "a"\nclasses = ["cat", "dog"]\n', encoding="utf-8-sig")
    assert read_rules(path)[1].classes == ("cat", "dog")


def test_classes_that_differ_by_case_alone_are_refused() -> None:
    with pytest.raises(LeaderboardError, match="differ in more than case"):
        Rules(name="a", classes=("frog", "Frog"))
