"""Secrets of a demonstration: made at random once, kept under `.data/`, so that each machine has its own."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / ".data"


def secret_key() -> str:
    """What Django signs with where DEBUG is on and SECRET_KEY is unset; sessions outlive a restart by it."""
    return _kept(DATA / "secret_key", length=50)


def demo_password() -> str:
    """The one password of all the demo's people: DEMO_PASSWORD from the environment, or the one that is kept."""
    return os.environ.get("DEMO_PASSWORD", "") or _kept(DATA / "demo_password", length=9)


def _kept(path: Path, *, length: int) -> str:
    """The file's secret. Of several processes that make it at once, one wins and all return its secret."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)  # only its owner can read it
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(length))
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text().strip()
