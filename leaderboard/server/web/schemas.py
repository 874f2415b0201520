"""What the answers of the interface for programs look like, in JSON Schema."""

from __future__ import annotations

from typing import Any

from leaderboard.server.core.refusal import CODES

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
POSITIVE: Schema = {"type": "integer", "minimum": 1}
BOOLEAN: Schema = {"type": "boolean"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
MOMENT: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    """One of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(optional: Schema | None = None, **properties: Schema) -> Schema:
    """An object with these properties, and perhaps the optional ones."""
    return {"type": "object", "required": list(properties), "properties": properties | (optional or {})}


def listed(items: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items}


def or_none(schema: Schema) -> Schema:
    """A value or null."""
    return {"anyOf": [schema, {"type": "null"}]}


_COUNTS: Schema = {"type": "object", "additionalProperties": INTEGER}
_SCORE = {name: or_none(SHARE) for name in ("score", "low", "high")}
_HITS = {"hits": or_none(INTEGER), "rows": or_none(INTEGER), "counts": or_none(BOOLEAN)}

SCHEMAS: dict[str, Schema] = {
    "Competition": record(
        name=STRING,
        metric=STRING,
        classes=listed(STRING),
        probabilities=BOOLEAN,
        daily_quota=INTEGER,
        daily_invalid=INTEGER,
        picks=INTEGER,
        tie=STRING,
        ladder=BOOLEAN,
        names=STRING,
        timezone=STRING,
        deadline=or_none(MOMENT),
        status={"enum": ["open", "closed", "frozen", "final"]},
        board_still_since=or_none(MOMENT),
        now=MOMENT,
        max_bytes=INTEGER,
    ),
    "Quota": record(
        daily_quota=INTEGER,
        left=INTEGER,
        allowed=INTEGER,
        granted=INTEGER,
        invalid_left=INTEGER,
        resets_at=MOMENT,
        resets_in=INTEGER,
    ),
    "Entry": record(
        number=INTEGER,
        at=MOMENT,
        **_SCORE,
        **_HITS,
        picked=BOOLEAN,
        not_ranked=or_none({"enum": ["late", "withdrawn", "void"]}),
        reason=STRING,
        private_score=or_none(SHARE),
        message=STRING,
        file_name=STRING,
        sha256=STRING,
    ),
    "Receipt": record(
        team=STRING,
        entry=ref("Entry"),
        repeated=BOOLEAN,
        best_before=or_none(SHARE),
        board_still_since=or_none(MOMENT),
        rank=or_none(INTEGER),
        teams=INTEGER,
        group=or_none(INTEGER),
        quota=ref("Quota"),
        notes=listed(STRING),
    ),
    "Problem": record(code=STRING, line=or_none(INTEGER), value=or_none(STRING), what=STRING, fix=STRING, hint=STRING),
    "Report": record(
        valid=BOOLEAN, problems=listed(ref("Problem")), counts=_COUNTS, more=_COUNTS, notes=listed(STRING)
    ),
    "Standings": record(standings=listed({"type": "object"})),
    "Refusal": record(
        {"problems": listed(ref("Problem")), "quota": ref("Quota")},
        error=record(code={"enum": sorted(CODES)}, text=STRING, fix=STRING),
    ),
}
