"""Rows of plain data from places: what counts as a change."""

from dataclasses import replace
from types import SimpleNamespace

from leaderboard.scoring.score import Score
from leaderboard.standings.places import Move
from leaderboard.standings.ranking import Standing
from leaderboard.standings.rows import change_rows, mark_baseline, standing_columns


def place(rank, hits, name="Ada"):
    team = SimpleNamespace(id=1, name=name, baseline=False)
    return Standing(rank, team, Score(hits, 10), entry=None, entries=1)


def test_a_place_is_listed_if_its_rank_or_its_score_has_changed_or_it_is_new():
    old = place(2, 5)
    listed = [
        change_rows("public", [Move(after, before)])
        for after, before in (
            (place(2, 5), old),  # nothing
            (place(2, 6), old),  # the score
            (place(1, 5), old),  # the rank
            (place(2, 5), None),  # new
        )
    ]
    assert listed[0] == []
    assert listed[1] == [
        {"part": "public", "rank": 2, "change": 0, "teamName": "Ada", "score": 0.6, "before": 0.5},
    ]
    assert [rows[0]["change"] for rows in listed[2:]] == [1, None]
    assert listed[3][0]["before"] is None


def test_a_baseline_of_the_same_score_is_not_listed():
    baseline = replace(place(1, 5), rank=None)
    assert change_rows("private", [Move(baseline, baseline)]) == []
    assert len(change_rows("private", [Move(replace(baseline, score=Score(4, 10)), baseline)])) == 1


def test_only_a_table_marks_a_baseline_behind_its_name():
    row = {"teamName": "Mean", "baseline": True}
    assert mark_baseline(row, "table")["teamName"] == "Mean (baseline)"
    assert mark_baseline(row, "csv") == row
    assert mark_baseline({"teamName": "Ada", "baseline": False}, "table")["teamName"] == "Ada"


def test_a_change_of_place_needs_a_rank_before_and_after():
    ranked, unranked = place(3, 5), replace(place(3, 5), rank=None)
    assert Move(place(1, 5), ranked).change == 2
    assert [Move(ranked, unranked).change, Move(unranked, ranked).change, Move(ranked, None).change] == [None] * 3


def test_the_rank_comes_first_and_only_files_have_all_columns():
    assert standing_columns("table", "trend")[:3] == ("rank", "trend", "teamName")
    for form in ("csv", "json"):
        columns = standing_columns(form, "trend")
        assert columns[:4] == ("rank", "trend", "teamId", "teamName")
        assert columns[-2:] == ("baseline", "part")
