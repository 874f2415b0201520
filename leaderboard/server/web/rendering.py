"""Render the templates of the server's pages."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jinja2

from leaderboard.core.clock import format_duration
from leaderboard.page.rendering import html_templates
from leaderboard.server.web import texts, tutor_texts

HERE = Path(__file__).parent
MICROSECONDS = 1_000_000


@functools.cache
def _environment() -> jinja2.Environment:
    return html_templates(
        HERE / "templates",
        percent=lambda share: "–" if share is None else f"{100 * share:.2f}",
        signed=lambda share: f"{100 * share:+.2f}".replace("-", "−"),
        moment=_moment,
        last_minute=_last_minute,
        wait=lambda seconds: format_duration(int(seconds) * MICROSECONDS),
    )


def _moment(iso: str) -> str:
    """2026-12-20 23:59 from a time with its offset."""
    return datetime.fromisoformat(iso).strftime("%Y-%m-%d %H:%M")


def _last_minute(iso: str) -> str:
    """A deadline; for midnight the last minute before it: 23:59 of a day says more than midnight after it."""
    moment = datetime.fromisoformat(iso)
    if (moment.hour, moment.minute) == (0, 0):
        moment -= timedelta(minutes=1)
    return moment.strftime("%Y-%m-%d %H:%M")


def render(name: str, language: str, **values: Any) -> bytes:
    """A page in one of texts.LANGUAGES."""
    own = {
        "language": language,
        "t": functools.partial(texts.text, language),
        "problem_texts": functools.partial(texts.problem_texts, language),
        "note_text": functools.partial(texts.note_text, language),
        "state": functools.partial(tutor_texts.state, language),
        "refusal_texts": functools.partial(texts.refusal_texts, language),
    }
    return _environment().get_template(name).render(own | values).encode()
