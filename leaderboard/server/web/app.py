"""The web application: all addresses of the server."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leaderboard.server.core.refusal import Refusal
from leaderboard.server.core.settings import Settings
from leaderboard.server.pipe.client import Backend
from leaderboard.server.web import api, boards, monitoring, openapi, pages, tutor
from leaderboard.server.web.guard import Guard
from leaderboard.server.web.responses import JSON, refusal_response, wants_page
from leaderboard.server.web.uploads import Uploads
from leaderboard.server.web.visitor import is_logged_in

V1 = "/api/v1"
STATIC = {"page.css": "text/css", "server.css": "text/css", "server.js": "text/javascript"}

# Routes are tried in this order: first those that thousands of viewers request.
ROUTES = [
    Route(f"{V1}/standings", api.standings),
    Route("/", boards.index),
    Route("/leaderboard.json", boards.as_json),
    Route("/leaderboard.csv", boards.as_csv),
    Route("/sample_submission.csv", api.sample),
    Route("/login", pages.login_form, methods=["GET"]),
    Route("/login", pages.login, methods=["POST"]),
    Route("/logout", pages.logout, methods=["POST"]),
    Route("/link/{code}", pages.link_form, methods=["GET"]),
    Route("/link/{code}", pages.link, methods=["POST"]),
    Route("/team", pages.team),
    Route("/team/board", pages.team_board),
    Route("/team/entries", pages.send, methods=["POST"]),
    Route("/team/entries/{number}/file", pages.entry_file),
    Route("/team/picks", pages.picks, methods=["POST"]),
    Route("/tutor", tutor.area),
    Route("/tutor/acts/{act}", tutor.act, methods=["POST"]),
    Route("/tutor/exports/{name}", tutor.export),
    Route("/openapi.json", openapi.answer),
    Route("/healthz", monitoring.health),
    Route(f"{V1}/competition", api.competition),
    Route(f"{V1}/sample", api.sample),
    Route(f"{V1}/quota", api.quota),
    Route(f"{V1}/entries", api.entries, methods=["GET"]),
    Route(f"{V1}/entries", api.submit, methods=["POST", "PUT"]),
    Route(f"{V1}/entries/{{file_name:path}}", api.submit, methods=["PUT"]),
    Route(f"{V1}/entries/{{number}}/file", api.entry_file),
    Route(f"{V1}/validation", api.validate, methods=["POST", "PUT"]),
    Route(f"{V1}/picks", api.picks, methods=["PUT"]),
]


def build(backend: Backend, settings: Settings, lifespan: Any = None) -> Starlette:
    """The web application for a backend."""
    watch = monitoring.Watch(settings.json_logs)
    routes = [*ROUTES, Route("/static/{name}", _static)]
    if settings.metrics:
        routes.append(Route("/metrics", watch.metrics))
    handlers: dict[Any, Any] = {Refusal: _on_refusal, HTTPException: _on_http, Exception: _on_mistake}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    app.state.backend, app.state.settings = backend, settings
    app.state.boards, app.state.uploads = boards.Boards(), Uploads()
    # The API description has no redirects, and some clients lose the body in a redirect.
    app.router.redirect_slashes = False
    app.add_middleware(Guard, settings=settings, on_answer=watch.count_and_log)
    return app


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise Refusal("not_found", "there is nothing at this address")
    headers = {"Cache-Control": "max-age=3600"}
    return Response(_static_file(name), headers=headers, media_type=f"{STATIC[name]}; charset=utf-8")


def _static_file(name: str) -> bytes:
    if name == "page.css":  # the style sheet of the published page
        return importlib.resources.files("leaderboard.page").joinpath("templates", name).read_bytes()
    return (Path(__file__).parent / "static" / name).read_bytes()


async def _on_refusal(request: Request, refusal: Refusal) -> Response:
    if refusal.status == 401 and request.method in ("GET", "POST") and wants_page(request) and refusal.code != "link":
        # A browser without a valid session goes to the login page.
        answer: Response = RedirectResponse("/login", 303)
        if is_logged_in(request):
            answer.delete_cookie("leaderboard")
        return answer
    return refusal_response(request.scope, refusal)


async def _on_http(request: Request, error: HTTPException) -> Response:
    code = {404: "not_found", 405: "method"}.get(error.status_code, "malformed")
    text = {"not_found": "there is nothing at this address", "method": "the address does not support this method"}
    answer = refusal_response(request.scope, Refusal(code, text.get(code, "the request cannot be read")))
    answer.headers.update(error.headers or {})
    return answer


async def _on_mistake(request: Request, _error: Exception) -> Response:
    return JSON({"error": {"code": "mistake", "text": "the server made a mistake", "fix": "tell the tutor"}}, 500)
