from django.db.backends.postgresql import base
from psycopg import Connection, Error
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> ConnectionPool | None:
        """The first dead connection that is found empties the pool, since a restart has killed the others as well.

        By itself psycopg_pool sleeps 0, 1, 2, 4… seconds between the dead ones that one request finds, so the third
        would outlast the pool's timeout and be told to people as "cannot be reached" while the database is up.
        """
        pool = super().pool
        if pool is not None and pool._check is ConnectionPool.check_connection:

            def check(connection: Connection) -> None:
                try:
                    ConnectionPool.check_connection(connection)
                except Error:
                    pool.drain()
                    raise

            pool._check = check
        return pool
