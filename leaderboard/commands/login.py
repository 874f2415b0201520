"""`login`: set the server and the token that a participant's commands use."""

from __future__ import annotations

import argparse


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add `login`."""
    text = "log in to a competition server with your team's token; submit and the other commands then use it"
    login = commands.add_parser("login", help=text, description=text)
    login.add_argument("url", help="address of the server, such as https://cifar.example.org")
    login.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask for the token (or read it from standard input), try it, and keep it for this account alone."""
    import getpass
    import os
    import sys

    from leaderboard.client import tokens
    from leaderboard.client.connection import Server

    prompt = sys.stdin.isatty()
    token = (getpass.getpass("Your team's token (it is not shown): ") if prompt else sys.stdin.readline()).strip()
    server = Server(args.url.rstrip("/"), token)
    quota = server.get("quota")
    file = tokens.save(os.environ, server.address, token)
    print(f"Logged in to {server.address}: {quota['left']} of {quota['allowed']} entries left today.")
    print(f"The token is kept in {file}, for you alone. Next: leaderboard submit -f submission.csv")
    return 0
