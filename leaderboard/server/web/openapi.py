"""The OpenAPI description of the interface for programs. Tests hold it against the routes and against answers."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from leaderboard.server.core.refusal import CODES
from leaderboard.server.web.answers import JSON

V1 = "/api/v1"
Schema = dict[str, Any]


async def answer(request: Request) -> Response:
    """The document, with the address of this server."""
    return JSON(document(request.app.state.settings.address))


def document(address: str = "http://127.0.0.1:8000") -> Schema:
    """OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Competition server",
            "version": "1",
            "description": "Hand in predictions and follow the standings. Every refusal has a code, a text and a fix.",
        },
        "servers": [{"url": address}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "responses": {"Refused": _json("Why it was not done, and what to do", _ref("Refusal"))},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "the team's token"}},
        },
    }


def _paths() -> Schema:
    upload = {
        "required": True,
        "description": "The CSV file as it is, without a form around it.",
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
    }
    message = _parameter("message", "query", "A note for your own list, at most 200 printable characters.")
    name = _parameter("name", "query", "The file's name, for your own list.")
    submit = _operation(
        "submit",
        "Enter a file. The same file again gives the same entry, so send it again if an answer is lost.",
        {
            "200": _json("The same file was entered before; it cost nothing now", _ref("Receipt")),
            "201": _json("The entry", _ref("Receipt")),
        },
        [401, 403, 408, 409, 413, 422, 429, 503, 507],
        body=upload,
        parameters=[message, name],
    )
    check = _operation(
        "validate",
        "Check a file as an entry would be checked, and enter nothing.",
        {"200": _json("Every problem at once", _ref("Report"))},
        [401, 403, 408, 413, 429, 503, 507],
        body=upload,
    )
    file_name = _parameter("file_name", "path", "The file's name, for your own list.")
    number = _parameter("number", "path", "Number of an entry.", {"type": "integer", "minimum": 1})
    csv = {"description": "CSV", "content": {"text/csv": {"schema": {"type": "string"}}}}
    known = _parameter("If-None-Match", "header", "The ETag that you have.")
    picks = {
        "required": True,
        "content": {"application/json": {"schema": _object(entries=_list({"type": "integer", "minimum": 1}))}},
    }
    # A name with a line end is none.
    nameless = {"404": {"$ref": "#/components/responses/Refused"}}
    named = {
        "operationId": "submit_named",
        "parameters": [file_name, message],
        "responses": submit["responses"] | nameless,
    }
    standings = {"200": _json("The standings", _ref("Standings")), "304": {"description": "You have them"}}
    chosen = {"200": _json("The choice", _object(entries=_list(_INTEGER)))}
    return {
        f"{V1}/competition": {
            "get": _public("competition", "Rules, status, times.", {"200": _json("Facts", _ref("Competition"))})
        },
        f"{V1}/standings": {
            "get": _public("standings", "The standings.", standings) | {"parameters": [known]},
        },
        f"{V1}/sample": {"get": _public("sample", "The sample submission: every id.", {"200": csv})},
        f"{V1}/quota": {
            "get": _operation("quota", "Entries left today.", {"200": _json("Quota", _ref("Quota"))}, [401, 403, 503])
        },
        f"{V1}/entries": {
            "get": _operation(
                "entries",
                "Your team's entries, the first first.",
                {"200": _json("Entries", _object(entries=_list(_ref("Entry"))))},
                [401, 403, 503],
            ),
            "post": submit,
            "put": submit | {"operationId": "submit_put"},
        },
        f"{V1}/entries/{{file_name}}": {"put": submit | named},
        f"{V1}/entries/{{number}}/file": {
            "get": _operation(
                "entry_file",
                "A file of your own as it was sent.",
                {"200": csv},
                [401, 403, 404, 503],
                parameters=[number],
            )
        },
        f"{V1}/validation": {"post": check, "put": check | {"operationId": "validate_put"}},
        f"{V1}/picks": {
            "put": _operation(
                "select", "Choose the final entries.", chosen, [400, 401, 403, 408, 409, 413, 422, 503], body=picks
            )
        },
    }


def _operation(
    name: str,
    text: str,
    answers: Schema,
    refusals: list[int],
    *,
    body: Schema | None = None,
    parameters: list[Schema] | None = None,
) -> Schema:
    # 429: also for too many wrong tokens from one address.
    out = _public(name, text, answers) | {"security": [{"token": []}]}
    out["responses"] |= {str(status): {"$ref": "#/components/responses/Refused"} for status in (*refusals, 429)}
    if body is not None:
        out["requestBody"] = body
    if parameters:
        out["parameters"] = parameters
    return out


def _public(name: str, text: str, answers: Schema) -> Schema:
    refused = {str(status): {"$ref": "#/components/responses/Refused"} for status in (400, 503)}
    return {"operationId": name, "summary": text, "responses": {**answers, **refused}}


def _parameter(name: str, place: str, text: str, schema: Schema | None = None) -> Schema:
    return {"name": name, "in": place, "required": place == "path", "description": text, "schema": schema or _STRING}


def _json(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_none(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_STRING: Schema = {"type": "string"}
_INTEGER: Schema = {"type": "integer"}
_BOOLEAN: Schema = {"type": "boolean"}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_MOMENT: Schema = {"type": "string", "format": "date-time"}


def _schemas() -> Schema:
    problem = _object(
        code=_STRING, line=_or_none(_INTEGER), value=_or_none(_STRING), what=_STRING, fix=_STRING, hint=_STRING
    )
    counts = {"type": "object", "additionalProperties": _INTEGER}
    entry = _object(
        number=_INTEGER,
        at=_MOMENT,
        score=_or_none(_SHARE),
        low=_or_none(_SHARE),
        high=_or_none(_SHARE),
        hits=_or_none(_INTEGER),
        rows=_or_none(_INTEGER),
        counts=_or_none(_BOOLEAN),
        picked=_BOOLEAN,
        private_score=_or_none(_SHARE),
        message=_STRING,
        file_name=_STRING,
        sha256=_STRING,
    )
    error = _object(code={"enum": sorted(CODES)}, text=_STRING, fix=_STRING)
    return {
        "Competition": _object(
            name=_STRING,
            metric=_STRING,
            classes=_list(_STRING),
            probabilities=_BOOLEAN,
            daily_quota=_INTEGER,
            daily_invalid=_INTEGER,
            picks=_INTEGER,
            tie=_STRING,
            ladder=_BOOLEAN,
            names=_STRING,
            timezone=_STRING,
            deadline=_or_none(_MOMENT),
            status={"enum": ["open", "closed", "frozen", "final"]},
            board_still_since=_or_none(_MOMENT),
            now=_MOMENT,
            max_bytes=_INTEGER,
        ),
        "Quota": _object(
            daily_quota=_INTEGER, left=_INTEGER, invalid_left=_INTEGER, resets_at=_MOMENT, resets_in=_INTEGER
        ),
        "Entry": entry,
        "Receipt": _object(
            team=_STRING,
            entry=_ref("Entry"),
            repeated=_BOOLEAN,
            best_before=_or_none(_SHARE),
            board_still_since=_or_none(_MOMENT),
            rank=_or_none(_INTEGER),
            teams=_INTEGER,
            group=_or_none(_INTEGER),
            quota=_ref("Quota"),
            notes=_list(_STRING),
        ),
        "Report": _object(valid=_BOOLEAN, problems=_list(problem), counts=counts, more=counts, notes=_list(_STRING)),
        "Standings": {
            "type": "object",
            "required": ["standings"],
            "properties": {"standings": _list({"type": "object"})},
        },
        "Refusal": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": error, "problems": _list(problem), "quota": _ref("Quota")},
        },
    }
