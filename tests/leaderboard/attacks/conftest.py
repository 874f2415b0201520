"""What the attempts share: a competition on SQLite, unless a file asks for PostgreSQL."""

from __future__ import annotations

import pytest


@pytest.fixture
def database() -> None:
    """SQLite."""
