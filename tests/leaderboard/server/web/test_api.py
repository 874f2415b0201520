"""The interface for programs: what each call answers, and with which status a refusal comes."""

from __future__ import annotations

import gzip

import pytest

from leaderboard.audit.verification import verify
from leaderboard.competition import lifecycle, merging, teams
from leaderboard.core.clock import day_bounds
from tests.leaderboard.conftest import HOUR

V1 = "/api/v1"


def put(client, data: bytes, **more):
    return client.put(f"{V1}/entries", content=data, **more)


def test_an_entry_from_upload_to_list(site, data) -> None:
    client = site.as_team()
    answer = client.put(f"{V1}/entries/first.csv?message=net+one", content=data())
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["rank"], receipt["teams"], receipt["group"], receipt["best_before"]) == (1, 1, 1, None)
    assert receipt["quota"]["left"] == 4
    entry = receipt["entry"]
    assert (entry["number"], entry["file_name"], entry["message"]) == (1, "first.csv", "net one")
    assert entry["private_score"] is None
    assert client.get(f"{V1}/entries").json()["entries"] == [entry]
    assert client.get(f"{V1}/entries/1/file").content == data()
    assert client.get(f"{V1}/quota").json()["left"] == 4
    assert not verify(site.competition).faults


def test_a_retry_gives_the_same_entry_whatever_has_happened_since(site, data, clock) -> None:
    client = site.as_team()
    first = put(client, data()).json()
    again = put(client, data())
    assert again.status_code == 200
    assert again.json()["repeated"]
    assert again.json()["entry"] == first["entry"]
    lifecycle.set_frozen(site.competition, True)
    assert put(client, data()).json()["entry"] == first["entry"]
    assert client.get(f"{V1}/quota").json()["left"] == 4
    # The same bytes of another team are that team's own entry.
    lifecycle.set_frozen(site.competition, False)
    assert put(site.as_team("b"), data()).json()["entry"]["number"] == 2


def test_the_rank_says_what_changed(site, data) -> None:
    put(site.as_team("b"), data(0.9, 1))
    first = put(site.as_team(), data(0.5, 2)).json()
    assert (first["rank"], first["teams"], first["best_before"]) == (2, 2, None)
    better = put(site.as_team(), data(1.0, 3)).json()
    assert (better["rank"], better["best_before"]) == (1, first["entry"]["score"])
    worse = put(site.as_team(), data(0.4, 4)).json()
    assert (worse["rank"], worse["best_before"]) == (1, better["entry"]["score"])


def test_an_invalid_file_is_422_with_every_problem_and_costs_no_quota(site) -> None:
    answer = put(site.as_team(), b"id,label\n1,Cat\n2,dog \n")
    assert answer.status_code == 422
    body = answer.json()
    assert body["error"]["code"] == "invalid_file"
    assert {"LABEL_CASE", "LABEL_BLANKS", "ID_MISSING"} <= {problem["code"] for problem in body["problems"]}
    assert body["more"]["ID_MISSING"] == 200 - 2 - 3
    assert (body["quota"]["left"], body["quota"]["invalid_left"]) == (5, 19)


def test_validation_enters_nothing(site, data) -> None:
    client = site.as_team()
    assert client.post(f"{V1}/validation", content=data()).json()["valid"]
    assert not client.post(f"{V1}/validation", content=b"").json()["valid"]
    assert client.get(f"{V1}/entries").json() == {"entries": []}
    assert client.get(f"{V1}/quota").json()["invalid_left"] == 20


def test_the_quota_is_429_with_the_seconds_to_wait(serve, data, clock) -> None:
    site = serve(daily_quota=1, timezone="Europe/Berlin")
    client = site.as_team()
    put(client, data(seed=0))
    answer = put(client, data(seed=1))
    assert answer.status_code == 429
    _, end = day_bounds(clock.at, "Europe/Berlin")
    assert int(answer.headers["retry-after"]) == (end - clock.at) // 1_000_000 + 1
    assert answer.json()["error"]["code"] == "quota"
    clock.at = end
    assert put(client, data(seed=1)).status_code == 201


@pytest.mark.parametrize("code", ["frozen", "closed", "disabled", "merged"])
def test_what_the_rules_refuse(serve, data, clock, code: str) -> None:
    site = serve(deadline="2025-11-24")
    if code == "frozen":
        lifecycle.set_frozen(site.competition, True)
    elif code == "disabled":
        teams.set_disabled(site.competition, "a", True)
    elif code == "merged":
        merging.merge(site.competition, "a", "b")
    else:
        clock.at += 13 * HOUR
    answer = put(site.as_team(), data())
    assert answer.status_code == (409 if code in ("frozen", "closed") else 403)
    assert bool(site.as_team().get(f"{V1}/quota").json()["closed"]) == (code in ("frozen", "closed"))
    assert answer.json()["error"]["code"] == code
    assert not site.as_team().get(f"{V1}/entries").json()["entries"]


def test_picks(site, data) -> None:
    client = site.as_team()
    for seed in range(3):
        put(client, data(seed=seed))
    assert client.put(f"{V1}/picks", json={"entries": [1, 3]}).json() == {"entries": [1, 3]}
    assert [entry["picked"] for entry in client.get(f"{V1}/entries").json()["entries"]] == [True, False, True]
    for numbers, status in (([1, 2, 3], 422), ([9], 422), (["1"], 400), ([True], 400), (None, 400), ([1.5], 400)):
        assert client.put(f"{V1}/picks", json={"entries": numbers}).status_code == status
    assert client.put(f"{V1}/picks", content=b"[" * 9000).status_code == 400
    # Another team's entry is as unknown as one that is not there.
    put(site.as_team("b"), data(seed=5))
    assert client.put(f"{V1}/picks", json={"entries": [4]}).status_code == 422


def test_nobody_reads_the_file_of_another_team(site, data) -> None:
    put(site.as_team("b"), data())
    answers = [site.as_team().get(f"{V1}/entries/{number}/file") for number in (1, 2, 0, "x", "1e0", "9" * 30, "-1")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_a_token_is_asked_for_before_the_body_is_read(site) -> None:
    def body():
        yield b"id,label\n"
        raise AssertionError("the body was read")

    assert put(site.client(), body()).status_code == 401
    assert put(site.client(authorization="Bearer wrong"), body()).status_code == 401


def test_a_body_beyond_the_limit_is_413_unread(site) -> None:
    limit = site.client().get(f"{V1}/competition").json()["max_bytes"]
    told = put(site.as_team(), b"x" * (limit + 1))
    assert told.status_code == 413

    def unannounced():
        for _ in range(40):
            yield b"x" * 100_000

    assert put(site.as_team(), unannounced()).status_code == 413
    assert put(site.as_team(), gzip.compress(b"x")).status_code == 422


def test_messages_and_names_are_checked(site, data) -> None:
    client = site.as_team()
    assert client.put(f"{V1}/entries?message={'x' * 201}", content=data()).status_code == 422
    assert client.put(f"{V1}/entries?message=%1b[2J", content=data()).status_code == 422
    answer = client.put(f"{V1}/entries/..%5c..%5ca%07.csv", content=data())
    assert answer.json()["entry"]["file_name"] == "a?.csv"


def test_standings_have_an_etag(site, data) -> None:
    client = site.client()
    first = client.get(f"{V1}/standings")
    tag = first.headers["etag"]
    assert client.get(f"{V1}/standings", headers={"if-none-match": tag}).status_code == 304
    put(site.as_team(), data())
    site.app.state.boards._kept["json"].until = 0.0  # a second later
    second = client.get(f"{V1}/standings", headers={"if-none-match": tag})
    assert second.status_code == 200
    assert [place["team"] for place in second.json()["standings"]] == ["a"]
    assert second.headers["etag"] != tag


def test_standings_close_without_an_event_when_the_deadline_has_passed(serve, clock) -> None:
    site = serve(deadline="2025-11-24")
    assert site.client().get(f"{V1}/standings").json()["status"] == "Open"
    clock.at += 13 * HOUR
    site.app.state.boards._kept["json"].until = 0.0
    assert site.client().get(f"{V1}/standings").json()["status"] == "Closed"


def test_a_full_disk_is_507_and_the_next_entry_is_taken(site, data, monkeypatch) -> None:
    import errno
    import os

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(type(site.competition.archive), "put", full)
        answer = put(site.as_team(), data())
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["error"]["text"]
    assert put(site.as_team(), data()).status_code == 201
    assert not verify(site.competition).faults


def test_what_the_tutor_must_mend_reaches_nobody_else(site, data, caplog) -> None:
    solution = site.competition.root / "private" / "solution-0.csv"
    site.competition._solutions.clear()
    text = solution.read_text()
    solution.write_text("id,label\n1,zebra\n")
    solution.chmod(0o600)
    answer = put(site.as_team(), data())
    assert answer.status_code == 503
    assert "solution" not in answer.text
    assert "solution-0.csv" in caplog.text
    solution.write_text(text)
    assert put(site.as_team(), data()).status_code == 201


def test_an_edit_of_the_rules_is_seen_at_once(site, data) -> None:
    rules = site.competition.root / "rules.toml"
    rules.write_text(rules.read_text().replace("daily_quota = 5", "daily_quota = 2"))
    assert site.as_team().get(f"{V1}/quota").json()["left"] == 2
    assert site.client().get(f"{V1}/competition").json()["daily_quota"] == 2
