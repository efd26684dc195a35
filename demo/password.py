"""The one password of the demo's people: DEMO_PASSWORD, or one made once and kept beside the demo's data."""

import os
import secrets
from pathlib import Path


def demo_password(kept_in: Path) -> str:
    """What is in the environment, else in the file; the file is made, readable by its owner only, where it is not."""
    if given := os.environ.get("DEMO_PASSWORD"):
        return given
    try:
        return kept_in.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        password = secrets.token_urlsafe(9)
        kept_in.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(kept_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password + "\n")
        return password
