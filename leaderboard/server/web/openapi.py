"""The OpenAPI description of the HTTP API: one Operation for each route and method.

Tests compare it with the routes and with answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from leaderboard.server.web.responses import JSON
from leaderboard.server.web.schemas import INTEGER, POSITIVE, SCHEMAS, STRING, Schema, array_of, object_of, ref

V1 = "/api/v1"
_REFUSED: Schema = {"$ref": "#/components/responses/Refused"}
# Refusals of every route; and of one that needs a token, where 429 means too many wrong tokens from the address.
_ALWAYS, _WITH_TOKEN = (400, 503), (401, 403, 429)
# Refusals of a route that takes a body.
_UPLOAD = (408, 413, 507)


def _json(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, place: str, text: str, schema: Schema = STRING) -> Schema:
    return {"name": name, "in": place, "required": place == "path", "description": text, "schema": schema}


_FILE: Schema = {
    "required": True,
    "description": "The CSV file as it is, without a form around it.",
    "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
}
_CHOICE: Schema = {
    "required": True,
    "content": {"application/json": {"schema": object_of(entries=array_of(POSITIVE))}},
}
_CSV: Schema = {"description": "CSV", "content": {"text/csv": {"schema": STRING}}}
_ENTERED = {
    200: _json("The same file was entered before; it used no quota", ref("Receipt")),
    201: _json("The entry", ref("Receipt")),
}
_STANDINGS = {
    200: _json("The standings", ref("Standings")),
    304: {"description": "Not changed since the ETag that you have"},
}
_MESSAGE = _parameter("message", "query", "A note for your own list, at most 200 printable characters.")
_NAME = _parameter("name", "query", "The file's name, for your own list.")
_FILE_NAME = _parameter("file_name", "path", "The file's name, for your own list.")
_NUMBER = _parameter("number", "path", "Number of an entry.", POSITIVE)
_KNOWN = _parameter("If-None-Match", "header", "The ETag that you have.")
_ENTER = "Enter a file. The same file again gives the same entry, so send it again if an answer is lost."
_CHECK = "Check a file like an entry, but do not enter it."


@dataclass(frozen=True)
class Operation:
    """One method of one address: its answers, and the statuses of refusals that not all operations have."""

    method: str
    path: str
    name: str
    summary: str
    answers: dict[int, Schema]
    refusals: tuple[int, ...] = ()
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    is_public: bool = False

    def to_openapi(self) -> Schema:
        """The operation in the form of OpenAPI."""
        refusals = (*_ALWAYS, *self.refusals, *(() if self.is_public else _WITH_TOKEN))
        responses = self.answers | dict.fromkeys(refusals, _REFUSED)
        return {
            "operationId": self.name,
            "summary": self.summary,
            "responses": {str(status): answer for status, answer in responses.items()},
            **({} if self.is_public else {"security": [{"token": []}]}),
            **({"requestBody": self.body} if self.body else {}),
            **({"parameters": list(self.parameters)} if self.parameters else {}),
        }


def _public(path: str, name: str, summary: str, answers: dict[int, Schema], *parameters: Schema) -> Operation:
    return Operation("get", path, name, summary, answers, parameters=parameters, is_public=True)


def _own(
    path: str, name: str, summary: str, answer: Schema, refusals: tuple[int, ...] = (), *more: Schema
) -> Operation:
    return Operation("get", path, name, summary, {200: answer}, refusals, more)


def _enter(method: str, path: str, name: str, more: tuple[int, ...], *parameters: Schema) -> Operation:
    return Operation(method, path, name, _ENTER, _ENTERED, (*_UPLOAD, 409, 422, *more), parameters, _FILE)


def _check(method: str, name: str) -> Operation:
    answers = {200: _json("Every problem at once", ref("Report"))}
    return Operation(method, "/validation", name, _CHECK, answers, _UPLOAD, body=_FILE)


OPERATIONS = [
    _public("/competition", "competition", "Rules, status, times.", {200: _json("Facts", ref("Competition"))}),
    _public("/standings", "standings", "The standings.", _STANDINGS, _KNOWN),
    _public("/sample", "sample", "The sample submission: every id.", {200: _CSV}),
    _own("/quota", "quota", "Entries left today.", _json("Quota", ref("Quota"))),
    _own(
        "/entries",
        "entries",
        "Your team's entries, oldest first.",
        _json("Entries", object_of(entries=array_of(ref("Entry")))),
    ),
    _enter("post", "/entries", "submit", (), _MESSAGE, _NAME),
    _enter("put", "/entries", "submit_put", (), _MESSAGE, _NAME),
    # A name with a line break is not found.
    _enter("put", "/entries/{file_name}", "submit_named", (404,), _FILE_NAME, _MESSAGE),
    Operation(
        "get",
        "/entries/{number}/file",
        "entry_file",
        "One of your own files, as it was sent.",
        {200: _CSV},
        (404,),
        (_NUMBER,),
    ),
    _check("post", "validate"),
    _check("put", "validate_put"),
    Operation(
        "put",
        "/picks",
        "select",
        "Choose the final entries.",
        {200: _json("The choice", object_of(entries=array_of(INTEGER)))},
        (408, 409, 413, 422),
        body=_CHOICE,
    ),
]


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
            "schemas": SCHEMAS,
            "responses": {"Refused": _json("Why the request was refused, and what to do", ref("Refusal"))},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "the team's token"}},
        },
    }


def _paths() -> Schema:
    paths: Schema = {}
    for operation in OPERATIONS:
        paths.setdefault(V1 + operation.path, {})[operation.method] = operation.to_openapi()
    return paths
