"""Empty PostgreSQL databases for tests: what one test leaves is cleared away for the next, as making one is slow."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

# Whether the database holds or has set anything of its own: the ids of what a user makes start at 16384.
LEFT = """
    SELECT EXISTS (SELECT FROM pg_class WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_type WHERE oid >= 16384)
        OR EXISTS (SELECT FROM pg_proc WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_event_trigger)
        OR EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_(toast_)?temp_')
        OR EXISTS (SELECT FROM pg_largeobject_metadata) OR EXISTS (SELECT FROM pg_default_acl)
        OR EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON s.setdatabase = d.oid
                   WHERE d.datname = current_database())
"""
END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLES = "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public'"


def copy_statements(name: str, copy: str) -> list[str]:
    """SQL for a connection to another database: PostgreSQL copies a database only if nobody is connected to it."""
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    return [end, f"CREATE DATABASE {copy} TEMPLATE {name}"]


class Databases:
    """The databases of one test process on the server at a URL."""

    def __init__(self, server: str) -> None:
        self.server = sa.make_url(server)
        self._empty: list[str] = []

    def take(self) -> str:
        """The URL of an empty database."""
        if self._empty:
            return self._empty.pop()
        name = f"test_{secrets.token_hex(6)}"
        self._on_server(f"CREATE DATABASE {name}")
        return self.server.set(database=name).render_as_string(hide_password=False)

    def give_back(self, url: str) -> None:
        """Delete the tables; if a test has left more than those, delete the database."""
        if _clear(url):
            self._empty.append(url)
        else:
            self._drop(url)

    def close(self) -> None:
        for url in self._empty:
            self._drop(url)

    def _drop(self, url: str) -> None:
        self._on_server(f"DROP DATABASE IF EXISTS {sa.make_url(url).database} WITH (FORCE)")

    def _on_server(self, statement: str) -> None:
        with _engine(self.server).connect() as connection:
            connection.exec_driver_sql(statement)


def _engine(url: str | sa.URL) -> sa.Engine:
    return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


def _clear(url: str) -> bool:
    """Whether the database is as empty as a new one, after its tables are deleted."""
    try:
        with _engine(url).connect() as connection:
            connection.exec_driver_sql(END_OTHERS)
            tables = connection.exec_driver_sql(TABLES).scalar_one()
            if tables:
                connection.exec_driver_sql(f"DROP TABLE {tables} CASCADE")
            return not connection.exec_driver_sql(LEFT).scalar_one()
    except sa.exc.DBAPIError:  # gone, or no longer to be written
        return False
