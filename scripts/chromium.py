"""Finds a Chromium that starts, or installs one, and prints its path; what it does meanwhile goes to standard error.

In this order: $STREAMCELL_CHROMIUM, what Playwright downloaded before, the system's, Playwright's download, the
system's package. Each is believed only once it has rendered a page. Playwright's download comes from no package
registry and may be out of reach, so it has a time limit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# No lookups and downloads of Chromium's own: the tests talk to loopback only.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
DOWNLOAD_LIMIT = 300  # seconds for some 170 MB
CONNECTION_LIMIT = "10000"  # milliseconds for each attempt to reach a download host


def flags() -> list[str]:
    """What every start needs: quiet, and without the sandbox only for root, for whom Chromium refuses to have one."""
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def works(path: str | os.PathLike[str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="streamcell-chromium-", ignore_cleanup_errors=True) as profile:
        command = [os.fspath(path), "--headless", "--disable-gpu", *flags(), f"--user-data-dir={profile}"]
        try:
            done = subprocess.run(
                [*command, "--dump-dom", "about:blank"], capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return False
    return done.returncode == 0 and "<html" in done.stdout


def downloaded() -> str | None:
    """Where Playwright keeps its browser, whether or not it is there."""
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip() or None


def find() -> str | None:
    """A browser that is there already and works."""
    candidates = [os.environ.get("STREAMCELL_CHROMIUM"), downloaded(), *map(shutil.which, SYSTEM_NAMES)]
    return next((path for path in candidates if path and Path(path).is_file() and works(path)), None)


def attempt(command: list[str], *, limit: int, **variables: str) -> bool:
    print(f"chromium: {' '.join(command)}", file=sys.stderr, flush=True)
    try:
        subprocess.run(command, env={**os.environ, **variables}, stdout=sys.stderr, timeout=limit, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"chromium: that did not work ({error})", file=sys.stderr, flush=True)
        return False
    return True


def install() -> str | None:
    playwright = [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"]
    fetched = attempt(playwright, limit=DOWNLOAD_LIMIT, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=CONNECTION_LIMIT)
    if fetched and (path := find()):
        return path
    if shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        attempt([*root, "apt-get", "update"], limit=600)
        package = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        if attempt([*root, "env", "DEBIAN_FRONTEND=noninteractive", *package], limit=1800):
            return find()
    return None


def ready() -> str:
    """Return the path of a browser that works, installed now if need be; leave the program where there is none."""
    path = find() or install()
    if path is None:
        sys.exit(
            "chromium: none was found and none could be installed. Install Chromium or Chrome, "
            "or set STREAMCELL_CHROMIUM to the path of one."
        )
    return path


def main() -> None:
    print(ready())


if __name__ == "__main__":
    main()
