"""How gunicorn serves the site; it reads this file where it is started. Arguments and GUNICORN_CMD_ARGS win over it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

wsgi_app = "bic.wsgi"
bind = "127.0.0.1:8000"
workers = 3
threads = 4  # so that a slow page does not hold up the others
control_socket_disable = True
# The site logs its requests itself, by pattern: some addresses hold a secret.
accesslog = None

_in_memory = "/dev/shm" if Path("/dev/shm").is_dir() and os.access("/dev/shm", os.W_OK) else None
worker_tmp_dir = _in_memory

# The processes of one gunicorn count requests together, in files of a folder that begins empty; whichever of them
# Prometheus asks adds them up. prometheus_client reads the variable when it is imported, so nothing here imports it.
COUNTED_IN, OURS = "PROMETHEUS_MULTIPROC_DIR", "bic-metrics-"
if COUNTED_IN not in os.environ:
    os.environ[COUNTED_IN] = tempfile.mkdtemp(prefix=OURS, dir=_in_memory)


def on_starting(server):
    """Load the site once in a process apart: what is wrong is said once, and not by every worker."""
    if "DEBUG" in os.environ:
        return  # nothing is asked for there
    loaded = subprocess.run([sys.executable, "-c", "import bic.wsgi"], check=False)
    if loaded.returncode != 0:
        on_exit(server)
        sys.exit(loaded.returncode)


def child_exit(server, worker):
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    folder = Path(os.environ[COUNTED_IN])
    if folder.name.startswith(OURS):
        shutil.rmtree(folder, ignore_errors=True)
