"""How long the database lets one wait. It is the role's own setting and not the connection's, since PgBouncer lets
no start-up options pass and would share out what a session sets."""

import psycopg
from django.db import connections
from psycopg import sql

# Nobody waits longer than this behind another booking; the API answers 503 with Retry-After.
TIMEOUTS = {"lock_timeout": "15s", "idle_in_transaction_session_timeout": "60s"}
PATIENCE = 3  # seconds; a probe that must wait longer has given up


def set_timeouts(using: str, **kwargs) -> None:
    """After every `migrate`, also one with nothing to do: a restored database has them again. They hold for
    connections that are opened from then on, of the account that migrates, in this database."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone()
        for setting, value in TIMEOUTS.items():
            cursor.execute(
                sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                    sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)
                )
            )


def timeouts_that_are_off(using: str = "default") -> str:
    """A sentence that names them; "" where all are on. Raises psycopg.Error."""
    with connect_apart(using) as asking:
        rows = asking.execute("SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = '0'", [list(TIMEOUTS)])
        off = sorted(name for (name,) in rows)
    return f"{' and '.join(off)} of PostgreSQL is off: one who waits for a lock may wait for ever." if off else ""


def setting_in_seconds(name: str, using: str = "default") -> float:
    """What a connection of the site gets; 0 is without end. Raises psycopg.Error."""
    with connect_apart(using) as asking:
        (seconds,) = asking.execute("SELECT extract(epoch FROM current_setting(%s)::interval)", [name]).fetchone()
    return float(seconds)


def is_superuser(using: str = "default") -> bool:
    """Whether the account of DATABASE_URL is one. Raises psycopg.Error."""
    with connect_apart(using) as asking:
        (superuser,) = asking.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return superuser


def connect_apart(using: str = "default") -> psycopg.Connection:
    """A connection beside the pool, so as not to wait for it; a database that is away is known within PATIENCE."""
    return psycopg.connect(**connections[using].get_connection_params() | {"connect_timeout": PATIENCE})
