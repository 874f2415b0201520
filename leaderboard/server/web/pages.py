"""Pages for a team in a browser; all of them work without JavaScript."""

from __future__ import annotations

from typing import Any

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.web import body, uploads, visitor
from leaderboard.server.web.api import LARGEST_NUMBER
from leaderboard.server.web.api import entry_file as entry_file
from leaderboard.server.web.responses import page

# Room for the boundaries and the other fields of the form, in addition to the file.
FORM_BYTES = 10_000


async def login_form(request: Request) -> Response:
    """The login page."""
    return page(request, "login.html", wrong="")


async def login(request: Request) -> Response:
    """Start a session, and go to the team's page or the tutor's."""
    token = (await body.read_form(request)).get("token", [""])[0].strip()[:200]
    address = visitor.credential(request)["address"]
    try:
        value, _ = await request.app.state.backend.call("log_in", {"token": token, "address": address})
    except Refusal as refusal:
        if refusal.code != "token":
            raise
        return page(request, "login.html", 401, wrong=refusal.text)
    return _logged_in(request, value)


def _logged_in(request: Request, value: dict[str, Any]) -> Response:
    answer = RedirectResponse("/team" if value["role"] == "team" else "/tutor", 303)
    visitor.set_session(request, answer, value["session"], value["role"])
    return answer


async def logout(request: Request) -> Response:
    """End the session of this browser."""
    answer = RedirectResponse("/", 303)
    visitor.delete_session(answer)
    return answer


async def link_form(request: Request) -> Response:
    """The page of a one-time link with a button: a mail program that opens links does not use it up."""
    value, _ = await request.app.state.backend.call("look_at_link", {"link": request.path_params["code"][:200]})
    return page(request, "link.html", team=value["team"])


async def link(request: Request) -> Response:
    """Use a one-time link."""
    value, _ = await request.app.state.backend.call("log_in", {"link": request.path_params["code"][:200]})
    return _logged_in(request, value)


async def team(request: Request) -> Response:
    """The team's own page."""
    return await _team_page(request)


async def _team_page(request: Request, chosen: bool = False) -> Response:
    backend = request.app.state.backend
    summary, _ = await backend.call("summary", visitor.credential(request))
    facts, _ = await backend.call("competition")
    address = request.app.state.settings.address
    return page(request, "team.html", summary=summary, facts=facts, address=address, chosen=chosen)


async def send(request: Request) -> Response:
    """Enter or check the file of the form."""
    arrived, state = uploads.arrival(), request.app.state
    admitted, _ = await state.backend.call("admit", visitor.credential(request))
    limit = admitted["max_bytes"]
    async with state.uploads.reserve_place(admitted["team_id"]):
        with await body.read_file(request, limit + FORM_BYTES, state.settings.upload_seconds) as raw:
            form = await _parse_form(request, raw)
        try:
            return await _enter_or_check(request, form, limit, arrived)
        finally:
            await form.close()


async def _parse_form(request: Request, raw: Any) -> Any:
    async def chunks() -> Any:
        while chunk := raw.read(1 << 16):
            yield chunk

    try:
        return await MultiPartParser(request.headers, chunks(), max_files=1, max_fields=5).parse()
    except (MultiPartException, KeyError, ValueError):
        raise Refusal("malformed", "the form cannot be read") from None


async def _enter_or_check(request: Request, form: Any, limit: int, arrived: int) -> Response:
    file = form.get("file")
    if file is None or isinstance(file, str):
        raise Refusal("malformed", "the form has no file")
    if (file.size or 0) > limit:
        raise body.too_large(limit)
    send_to_backend, raw = request.app.state.uploads.send_to_backend, file.file
    if form.get("act") == "validate":
        report = await send_to_backend(request, raw, "validate", arrived=arrived)
        return page(request, "result.html", receipt=None, report=report)
    message, name = str(form.get("message", "")), uploads.file_name(file.filename or "")
    try:
        receipt = await send_to_backend(request, raw, "submit", arrived=arrived, name=name, message=message)
    except Refusal as refusal:
        if refusal.code != "invalid_file":
            raise
        return page(request, "result.html", refusal.status, receipt=None, report=refusal.more)
    return page(request, "result.html", receipt=receipt)


async def picks(request: Request) -> Response:
    """Save the final entries ticked in the form."""
    await request.app.state.backend.call("admit", visitor.credential(request))
    texts = (await body.read_form(request)).get("entry", [])
    if not all(text.isascii() and text.isdecimal() and int(text[:17]) < LARGEST_NUMBER for text in texts):
        raise Refusal("malformed", "the form cannot be read")
    await request.app.state.backend.call("select", visitor.credential(request), numbers=[int(t) for t in texts])
    return await _team_page(request, chosen=True)


async def team_board(request: Request) -> Response:
    """The team with its neighbours, if the rules show only these."""
    from leaderboard.server.web.boards import BOARD_POLICY
    from leaderboard.server.web.texts import language_of

    language = language_of(request.headers.get("accept-language", ""))
    _, data = await request.app.state.backend.call("own_board", visitor.credential(request), language=language)
    return Response(data, headers={"Content-Security-Policy": BOARD_POLICY}, media_type="text/html; charset=utf-8")
