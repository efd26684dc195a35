"""The key that Django signs with where DEBUG is on and SECRET_KEY is unset: random, each machine its own."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

KEPT_IN = Path(__file__).resolve().parent.parent / ".data" / "secret_key"


def kept_secret_key(path: Path = KEPT_IN) -> str:
    """Made once and kept, so that sessions outlive a restart. Of several processes at once, one makes it for all."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)  # only its owner can read it
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text().strip()
