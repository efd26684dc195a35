"""Everything at once and small: real workers, beats, broker, database and mail server, all of them failing."""

import os
import subprocess
import sys


def test_every_notification_arrives_while_everything_breaks(settings):
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")}
    command = [sys.executable, "-m", "bench.chaos", "--notifications", "300", "--workers", "3"]
    run = subprocess.run(
        command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=400, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "300 of 300; missing: 0" in run.stdout
    assert "workers killed" in run.stdout
    assert "web processes killed" in run.stdout
    # Who books meanwhile is answered in the end, with what is so.
    assert "lost or doubled: 0" in run.stdout
    assert "errors of ours: 0" in run.stdout
