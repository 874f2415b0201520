"""`serve`: the competition server."""

from __future__ import annotations

import argparse

from leaderboard.commands import arguments

PACKAGES = "cifar10-competition-kit[serve]"


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `serve`."""
    serve = arguments.add(
        commands, "serve", run, "let teams hand in and follow the board in a browser or by program", prints_rows=False
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine alone)")
    serve.add_argument("--port", type=int, default=8000, help="the port to listen on")
    serve.add_argument(
        "--socket", default="", metavar="PATH", help="a Unix socket for a proxy, instead of host and port"
    )
    serve.add_argument("--url", default="", help="the address that people type, such as https://cifar.example.org")
    text = "the proxy whose X-Forwarded-For and -Proto are trusted"
    serve.add_argument("--behind-proxy", default="", metavar="ADDRESS", help=text)
    text = "header in which that proxy names the team that it has logged in (single sign-on)"
    serve.add_argument("--login-header", default="", metavar="NAME", help=text)
    serve.add_argument("--workers", type=int, default=1, help="web processes (default 1)")
    serve.add_argument("--json-logs", action="store_true", help="one JSON object for each request, on standard error")
    serve.add_argument(
        "--metrics", action="store_true", help="figures for Prometheus at /metrics, for everyone who can reach it"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; requests under way are finished first."""
    import os
    from importlib.util import find_spec

    from leaderboard.competition.folder import find_competition
    from leaderboard.core.errors import LeaderboardError

    missing = [name for name in ("starlette", "uvicorn", "itsdangerous", "python_multipart") if find_spec(name) is None]
    if missing:
        raise LeaderboardError(f"the server needs {', '.join(missing)}: pip install '{PACKAGES}'")
    if not 1 <= args.workers <= 64:
        raise LeaderboardError(f"--workers {args.workers}: it must lie between 1 and 64")

    from leaderboard.server.core.settings import Settings
    from leaderboard.server.launch.run import Server

    settings = Settings(
        host=args.host,
        port=args.port,
        socket=args.socket,
        url=args.url,
        proxy=args.behind_proxy,
        login_header=args.login_header,
        metrics=args.metrics,
        json_logs=args.json_logs,
    )
    root = find_competition(args.competition, os.environ)

    def open_backend():
        from leaderboard.competition.competition import Competition
        from leaderboard.server.backend.backend import Backend

        return Backend(Competition(root, long_running=True), believes_proxy=bool(settings.login_header))

    return Server(root, open_backend, settings, args.workers).run(lambda: _announce(root, settings))


def _announce(root, settings) -> None:
    lines = [
        f"Serving {root} at {settings.address}/ (stop with Ctrl-C or SIGTERM)",
        f"Teams log in with their tokens: leaderboard team add --competition {root} NAME",
        f"Your own page is {settings.address}/tutor; its token: leaderboard tutor-token --competition {root}",
    ]
    if not settings.secure:
        lines.append(
            "Only this machine can reach it safely: for TLS put Caddy or nginx in front of it (docs/server.md)"
        )
    print("\n".join(lines), flush=True)
