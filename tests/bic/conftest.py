"""A folder for servers of one's own, and an Atrium in which every address has something to show."""

import tempfile
from pathlib import Path

import pytest

from bic.devserver import throw_away
from bic.devserver.embedded import PostgreSQL, Redis
from tests.addresses import World, make_world


@pytest.fixture
def folder():
    """Not pytest's own: that one is closed to others, and so to the account that root starts PostgreSQL as."""
    path = Path(tempfile.mkdtemp(prefix="bic-test-"))
    path.chmod(0o711)
    yield path
    for server in (PostgreSQL(path), Redis(path)):
        if server.answers():
            server.start()
            server.stop_if_last()
    throw_away.remove(path)


@pytest.fixture
def world(make_equipment, purpose, verhagen, kempen) -> World:
    return make_world(make_equipment, purpose, verhagen, kempen)
