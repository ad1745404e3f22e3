"""What `make test` runs side by side: the first that fails ends the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 120.0

SERVER = """
import os, pathlib, sys, time
part = pathlib.Path(sys.argv[1] + ".part")
part.write_text(str(os.getpid()))
part.rename(sys.argv[1])
time.sleep(3600)
"""


def test_make_test_ends_the_other_stages_when_one_fails(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER, "utf-8")
    (tmp_path / "Makefile").write_text(
        f"slow:\n\t{sys.executable} server.py pid\n"
        "quick:\n\techo on purpose; while [ ! -e pid ]; do sleep 0.1; done; exit 3\n"
        "never:\n\ttouch never\n",
        "utf-8",
    )
    stages = [sys.executable, str(ROOT / "scripts" / "stages.py"), "test", "slow", "quick", "never"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        stages, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=LIMIT, env=environment
    )
    assert done.returncode == 1
    assert "=== make test: FAILED in quick" in done.stdout
    assert "on purpose" in done.stdout
    assert not (tmp_path / "never").exists()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text("ascii")))
