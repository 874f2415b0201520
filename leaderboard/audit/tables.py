"""Check that the tables are the program's own: none altered, nothing added, each value of its column's type.

A trigger, a lost unique key or a number stored as text changes the board without changing a row that the log covers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy import exc

from leaderboard.storage import database
from leaderboard.storage.shared import files as shared_files

# Each object of a database, such as "table teams" or "trigger x", with its description.
Schema = dict[str, frozenset]
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "view", "f": "foreign table", "S": "sequence", "i": "index"}
# Names in any other schema than the program's own are prefixed with the schema's name.
_SCHEMA = re.compile(r"\b(pg_temp_\d+|pg_temp|public)\.")


def schema_faults(connection: sa.Connection) -> Iterator[str]:
    """What was added to, removed from or altered in the tables."""
    engine = connection.engine
    optional: set[str]
    if engine.dialect.name == "sqlite":
        actual, expected, optional = _sqlite_schema(connection), _made_by_sqlite(), set()
    else:
        actual, expected = _postgres_schema(connection, "current_schema()"), _made_by_postgres(engine)
        optional = {name for name in expected if shared_files.name in name}
    for name in sorted(actual.keys() | expected.keys()):
        if name not in expected:
            yield f"the database holds the {name}, which this program did not make"
        elif name not in actual and name not in optional:
            yield f"the {name} is missing in the database"
        elif name in actual and actual[name] != expected[name]:
            yield f"the {name} in the database is not as this program makes it"


def are_readable(connection: sa.Connection) -> bool:
    """Whether all tables and columns exist, so that their contents can be compared."""
    tables = database.metadata.sorted_tables
    found = sa.inspect(connection).get_multi_columns(
        filter_names=[table.name for table in tables], kind=sa.engine.reflection.ObjectKind.ANY
    )
    return all(
        {column.name for column in table.columns} <= {column["name"] for column in found.get((None, table.name), [])}
        for table in tables
    )


def type_faults(connection: sa.Connection) -> Iterator[str]:
    """Values whose type differs from their column's, which SQLite accepts and PostgreSQL does not."""
    if connection.engine.dialect.name != "sqlite":
        return
    raw = connection.connection.driver_connection
    assert raw is not None, "the connection is open"
    raw.create_function("is_text", 1, _is_text, deterministic=True)
    for table in database.metadata.sorted_tables:
        columns = list(table.columns)
        wrong = ", ".join(f"sum(NOT ({_expected(column)}))" for column in columns)
        counts = raw.execute(f"SELECT {wrong} FROM {table.name}").fetchone()
        for column, count in zip(columns, counts, strict=True):
            if count:
                yield f"{count} values of {table.name}.{column.name} are not of the column's type"


def orphan_faults(connection: sa.Connection) -> Iterator[str]:
    """Rows that belong to none, which a shell on SQLite can leave, and a version of the tables that is not one."""
    if connection.engine.dialect.name == "sqlite":
        with suppress(exc.OperationalError):  # for a missing key, which is a fault of the tables' structure
            for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                yield f"row {row} of {table} belongs to no row of {parent}"
    versions = connection.execute(sa.select(database.schema.c.version)).scalars().all()
    if versions != [database.SCHEMA]:
        yield f"the table schema holds the versions {versions}, and should hold {database.SCHEMA} alone"


def _is_text(data: bytes | None) -> bool:
    try:
        (data or b"").decode()
    except ValueError:
        return False
    return True


def _expected(column: sa.Column) -> str:
    """The SQL condition that a value of the column must meet."""
    name = column.name
    if isinstance(column.type, sa.Boolean):
        test = f"{name} IN (0, 1) AND typeof({name}) = 'integer'"
    elif isinstance(column.type, sa.Integer):
        test = f"typeof({name}) = 'integer'"
    elif isinstance(column.type, sa.LargeBinary):
        test = f"typeof({name}) = 'blob'"
    else:
        test = f"typeof({name}) = 'text' AND is_text(CAST({name} AS BLOB))"
    return f"({name} IS NULL) OR ({test})" if column.nullable else f"({name} IS NOT NULL) AND ({test})"


@functools.cache
def _made_by_sqlite() -> Schema:
    engine = sa.create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            database.metadata.create_all(connection)
            return _sqlite_schema(connection)
    finally:
        engine.dispose()


def _sqlite_schema(connection: sa.Connection) -> Schema:
    raw = connection.connection.driver_connection
    assert raw is not None, "the connection is open"
    shape: Schema = {}
    for kind, name, table, sql in raw.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall():
        if name.startswith(("sqlite_stat", "sqlite_autoindex")):  # SQLite's own
            continue
        parts: list = [table]
        if kind == "table":
            parts = [row[1:] for row in raw.execute("SELECT * FROM pragma_table_xinfo(?)", (name,))]
            parts += [row[2:] for row in raw.execute("SELECT * FROM pragma_foreign_key_list(?)", (name,))]
            parts += [("checks", sql.lower().count("check"))]
            for _, index, *rest in raw.execute("SELECT * FROM pragma_index_list(?)", (name,)).fetchall():
                if not index.startswith("sqlite_autoindex"):
                    continue
                parts.append((*rest, *raw.execute("SELECT name, coll FROM pragma_index_xinfo(?)", (index,))))
        elif kind == "index":
            parts += raw.execute("SELECT * FROM pragma_index_xinfo(?)", (name,)).fetchall()
        shape[f"{kind} {name}"] = frozenset(parts)
    return shape


def _made_by_postgres(engine: sa.Engine) -> Schema:
    """The tables as they should be: created again as temporary ones, once per process and database."""
    if engine.url not in _MADE:
        _MADE[engine.url] = _create_temporary(engine)
    return _MADE[engine.url]


def _create_temporary(engine: sa.Engine) -> Schema:
    with engine.connect() as plain:
        connection = plain.execution_options(schema_translate_map={None: "pg_temp"})
        for metadata in (database.metadata, shared_files.metadata):
            metadata.create_all(connection, checkfirst=False)
        shape = _postgres_schema(connection, "(SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema())")
        plain.rollback()  # removes the temporary tables
    return shape


_MADE: dict[sa.URL, Schema] = {}
_POSTGRES = """
    WITH ours AS (
        SELECT c.oid, c.relname, c.relkind, c.relrowsecurity
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = {schema}
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    )
    SELECT relkind::text, relname, 'is'::text, concat_ws(' ', relrowsecurity::text,
        CASE WHEN relkind IN ('i', 'I') THEN pg_get_indexdef(oid) END) FROM ours WHERE relkind <> 't'
    UNION ALL SELECT relkind::text, relname, 'column', concat_ws(' ', attname, format_type(atttypid, atttypmod),
        attnotnull::text, attgenerated::text, attidentity::text, attcollation::text, pg_get_expr(adbin, adrelid))
        FROM ours JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE relkind NOT IN ('i', 'S')
    UNION ALL SELECT relkind::text, relname, 'constraint', conname || ' ' || pg_get_constraintdef(k.oid)
        FROM ours JOIN pg_constraint k ON conrelid = ours.oid
    UNION ALL SELECT 'trigger', tgname, 'trigger', relname
        FROM ours JOIN pg_trigger ON tgrelid = ours.oid WHERE NOT tgisinternal
    UNION ALL SELECT relkind::text, relname, 'foreign key', tgenabled::text
        FROM ours JOIN pg_trigger ON tgrelid = ours.oid WHERE tgisinternal AND tgenabled <> 'O'
    UNION ALL SELECT 'rule', rulename, 'rule', relname
        FROM ours JOIN pg_rewrite ON ev_class = ours.oid WHERE rulename <> '_RETURN'
    UNION ALL SELECT 'policy', polname, 'policy', relname FROM ours JOIN pg_policy ON polrelid = ours.oid
    UNION ALL SELECT 'function', proname, 'function', '' FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
        WHERE n.nspname = {schema}
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


def _postgres_schema(connection: sa.Connection, schema: str) -> Schema:
    parts: dict[str, set] = {}
    for kind, name, what, text in connection.exec_driver_sql(_POSTGRES.format(schema=schema)):
        parts.setdefault(f"{_KINDS.get(kind, kind)} {name}", set()).add((what, _SCHEMA.sub("", text or "")))
    return {name: frozenset(described) for name, described in parts.items()}
