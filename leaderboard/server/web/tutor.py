"""The tutor's page. Every action exists on the command line too, and is logged in the same way."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.web import body, visitor
from leaderboard.server.web.responses import page

# The form fields of each action. Other actions are refused.
ACTS: dict[str, tuple[str, ...]] = {
    "add_team": ("name", "alias"),
    "rename": ("team", "name"),
    "alias": ("team", "name"),
    "token": ("team",),
    "link": ("team",),
    "disable": ("team",),
    "enable": ("team",),
    "grant": ("team", "entries", "until", "reason"),
    "revoke": ("grant",),
    "void": ("entry", "reason", "gives_back"),
    "restore": ("entry",),
    "move": ("entry", "team", "reason"),
    "rules": ("text",),
    "freeze": (),
    "unfreeze": (),
    "reveal": ("sure",),
}
EXPORTS = ("private-standings.csv", "entries.csv", "log.csv", "findings.csv")


async def area(request: Request) -> Response:
    """The page with teams, entries, rules and log."""
    return await _area(request)


async def _area(request: Request, done: dict[str, Any] | None = None, wrong: str = "", status: int = 200) -> Response:
    value, _ = await request.app.state.backend.call("tutor_area", visitor.credential(request))
    return page(request, "tutor.html", status, area=value, done=done, wrong=wrong)


async def act(request: Request) -> Response:
    """Run one action, then show the page again with what was done."""
    shown, name, backend = visitor.credential(request), request.path_params["act"], request.app.state.backend
    await backend.call("admit_tutor", shown)
    if name not in ACTS:
        raise Refusal("not_found", "this action does not exist")
    form = await body.read_form(request)
    values = {key: form.get(key, [""])[0] for key in ACTS[name]}
    address = request.app.state.settings.address
    try:
        value, _ = await backend.call("tutor_act", shown, act=name, values=values, address=address)
    except Refusal as refusal:
        if refusal.code not in ("invalid", "conflict"):
            raise
        return await _area(request, wrong=refusal.text, status=refusal.status)
    return await _area(request, done=value)


async def export(request: Request) -> Response:
    """A table as CSV."""
    name = request.path_params["name"]
    if name not in EXPORTS:
        raise Refusal("not_found", "this export does not exist")
    _, data = await request.app.state.backend.call("tutor_export", visitor.credential(request), name=name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, headers=headers, media_type="text/csv; charset=utf-8")
