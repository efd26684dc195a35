"""Run a command on a PostgreSQL and a broker of its own, with empty data, thrown away afterwards.

    python -m bic.devserver.throw_away [--durable] COMMAND …

`make test`, `make lint` and `make bench` do, so that they stand beside a `make run` and leave nothing behind.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from bic.devserver.embedded import DATA, PostgreSQL, Redis, Server


@contextmanager
def throw_away(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """Servers of one's own with empty data, for as long as the block lasts; gives the environment that names them.

    A variable that is set already is left alone and costs no server.
    """
    kept = DATA / "test"
    kept.mkdir(parents=True, exist_ok=True)
    _sweep(kept)
    folder = Path(tempfile.mkdtemp(dir=kept))
    folder.chmod(0o711)  # for the account that root runs PostgreSQL as
    servers: dict[str, Server] = {}
    try:
        for variable, kind in (("DATABASE_URL", PostgreSQL), ("REDIS_URL", Redis)):
            if not os.environ.get(variable):
                servers[variable] = kind(folder, durable=durable)
                servers[variable].start()
        yield {variable: server.url for variable, server in servers.items()}
    finally:
        for server in servers.values():
            server.stop_if_last()
        remove(folder)


def _sweep(kept: Path) -> None:
    """Stop and remove what runs that were killed left behind. Those still in use stay."""
    for folder in kept.iterdir():
        servers = [kind(folder) for kind in (PostgreSQL, Redis) if (folder / kind.name).exists()]
        unused = [not server.answers() or _use_and_stop(server) for server in servers]
        old = time.time() - folder.stat().st_mtime > 60  # a younger one may be about to start
        if all(unused) and old:
            remove(folder)


def _use_and_stop(server: Server) -> bool:
    server.start()
    return server.stop_if_last()


def remove(folder: Path) -> None:
    """What the servers of `folder` kept there; they have ended."""
    for server in (PostgreSQL(folder), Redis(folder)):
        if server.home.exists():
            shutil.rmtree(server.sockets, ignore_errors=True)
        shutil.rmtree(server.home.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """`python -m bic.devserver.throw_away [--durable] COMMAND …`: run it on throw-away servers; its exit code.

    Not durable unless asked: what the tests write need not survive a power cut, and is faster so.
    """
    durable = arguments[:1] == ["--durable"]
    command = arguments[1:] if durable else arguments
    try:
        with throw_away(durable=durable) as environment:
            return subprocess.run(command, env=os.environ | environment, check=False).returncode
    except ImproperlyConfigured as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
