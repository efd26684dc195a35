"""What the pages of docs/ and README.md say to type."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def commands(page: Path) -> list[str]:
    """Those of its blocks of shell, in order, each whole, however many lines it takes."""
    found = []
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        command = ""
        for line in block.splitlines(keepends=True):
            command += line
            if not command.endswith("\\\n") and _is_whole(command):
                found.append(command.rstrip())
                command = ""
        assert not command, f"{page.name} has a command without an end: {command}"
    return found


def _is_whole(command: str) -> bool:
    return subprocess.run(["bash", "-n", "-c", command], capture_output=True).returncode == 0
