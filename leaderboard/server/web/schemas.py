"""The answers of the HTTP API in JSON Schema."""

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
    """A reference to one of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(optional: Schema | None = None, **properties: Schema) -> Schema:
    """An object with these properties, and perhaps the optional ones."""
    return {"type": "object", "required": list(properties), "properties": properties | (optional or {})}


def array_of(items: Schema) -> Schema:
    """An array with items of this schema."""
    return {"type": "array", "items": items}


def nullable(schema: Schema) -> Schema:
    """A value or null."""
    return {"anyOf": [schema, {"type": "null"}]}


_COUNTS: Schema = {"type": "object", "additionalProperties": INTEGER}
_SCORE = {name: nullable(SHARE) for name in ("score", "low", "high")}
_HITS = {"hits": nullable(INTEGER), "rows": nullable(INTEGER), "counts": nullable(BOOLEAN)}

SCHEMAS: dict[str, Schema] = {
    "Competition": object_of(
        name=STRING,
        metric=STRING,
        classes=array_of(STRING),
        probabilities=BOOLEAN,
        daily_quota=INTEGER,
        daily_invalid=INTEGER,
        picks=INTEGER,
        tie=STRING,
        ladder=BOOLEAN,
        names=STRING,
        timezone=STRING,
        deadline=nullable(MOMENT),
        status={"enum": ["open", "closed", "frozen", "final"]},
        board_still_since=nullable(MOMENT),
        now=MOMENT,
        max_bytes=INTEGER,
    ),
    "Quota": object_of(
        daily_quota=INTEGER,
        left=INTEGER,
        allowed=INTEGER,
        granted=INTEGER,
        invalid_left=INTEGER,
        resets_at=MOMENT,
        resets_in=INTEGER,
        closed=STRING,
    ),
    "Entry": object_of(
        number=INTEGER,
        at=MOMENT,
        **_SCORE,
        **_HITS,
        picked=BOOLEAN,
        not_ranked=nullable({"enum": ["late", "withdrawn", "void"]}),
        reason=STRING,
        private_score=nullable(SHARE),
        message=STRING,
        file_name=STRING,
        sha256=STRING,
    ),
    "Receipt": object_of(
        team=STRING,
        entry=ref("Entry"),
        repeated=BOOLEAN,
        best_before=nullable(SHARE),
        board_still_since=nullable(MOMENT),
        rank=nullable(INTEGER),
        teams=INTEGER,
        group=nullable(INTEGER),
        quota=ref("Quota"),
        notes=array_of(STRING),
    ),
    "Problem": object_of(
        code=STRING, line=nullable(INTEGER), value=nullable(STRING), what=STRING, fix=STRING, hint=STRING
    ),
    "Report": object_of(
        valid=BOOLEAN, problems=array_of(ref("Problem")), counts=_COUNTS, more=_COUNTS, notes=array_of(STRING)
    ),
    "Standings": object_of(standings=array_of({"type": "object"})),
    "Refusal": object_of(
        {"problems": array_of(ref("Problem")), "quota": ref("Quota")},
        error=object_of(code={"enum": sorted(CODES)}, text=STRING, fix=STRING),
    ),
}
