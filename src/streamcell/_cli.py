"""The `streamcell` command: `demo` opens the quickstart, `serve` runs the rehearsal server."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


QUICKSTART: Final = "01_quickstart.ipynb"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv` (None: the process's own arguments), and return the exit code."""
    options = _parser().parse_args(argv)
    return _demo(options) if options.command == "demo" else _serve(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="streamcell", description="Stream a language model's answer into a notebook cell."
    )
    parser.add_argument("--version", action="version", version=f"streamcell {_version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command", dest="command")
    demo = commands.add_parser(
        "demo",
        help="open JupyterLab on the quickstart",
        description="Open JupyterLab on a copy of the quickstart notebook. It needs no key and no network.",
    )
    demo.add_argument("--port", type=int, default=0, help="JupyterLab's port; 0, the default, selects a free one")
    demo.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")
    serve = commands.add_parser(
        "serve",
        help="run the rehearsal server",
        description="Run an OpenAI-compatible server on 127.0.0.1 that answers from scripts: no key, no model.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    serve.add_argument("--port", type=int, default=0, help="port to listen on; 0 selects a free one")
    serve.add_argument("--rate", type=float, default=40.0, help="tokens per second; 0: as fast as the client reads")
    serve.add_argument("--first-token", type=float, default=0.25, help="seconds to the first token")
    serve.add_argument("--jitter", type=float, default=0.3, help="random variation of waits, a fraction from 0 to 1")
    serve.add_argument("--demo", action="store_true", help="also serve a page that shows answers in a browser")
    serve.add_argument("--seed", type=int, default=None, help="number that makes all random choices repeatable")
    return parser


def _version() -> str:
    try:
        return metadata.version("streamcell")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _serve(options: argparse.Namespace) -> int:
    from .rehearsal import RehearsalServer

    try:
        server = RehearsalServer(
            port=options.port,
            rate=options.rate,
            first_token=options.first_token,
            jitter=options.jitter,
            seed=options.seed,
            demo=options.demo,
        ).start()
    except (ValueError, OSError, ImportError) as error:
        print(f"streamcell serve: {error}", file=sys.stderr)
        return 1
    stopped = threading.Event()
    former = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    with server:
        print(_greeting(server.base_url, server.demo_url if options.demo else None), flush=True)
        # The wait has a timeout, because on Windows Ctrl-C does not interrupt one without.
        while not stopped.wait(0.5):
            pass
    for number, handler in former.items():
        signal.signal(number, handler)
    print("Stopped.", flush=True)
    return 0


def _demo(options: argparse.Namespace) -> int:
    if util.find_spec("jupyterlab") is None:
        print("streamcell demo: JupyterLab is not installed; `pip install jupyterlab` brings it.", file=sys.stderr)
        return 1
    here = Path(__file__).resolve()
    # In the wheel the notebook is in the package, in a checkout it is beside src/.
    places = (here.parent / "notebooks" / QUICKSTART, here.parents[2] / "notebooks" / QUICKSTART)
    notebook = next(place for place in places if place.exists())
    with tempfile.TemporaryDirectory(prefix="streamcell-demo-") as folder:
        shutil.copy(notebook, folder)
        print(f"A copy of the quickstart, to play with, is in {folder}; it goes when JupyterLab ends.", flush=True)
        command = [
            *(sys.executable, "-m", "jupyterlab"),
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={options.port}",
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.default_url=/lab/tree/{QUICKSTART}",
            "--LabApp.news_url=None",  # so that JupyterLab fetches nothing
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            *(("--no-browser",) if options.no_browser else ()),
            *(("--allow-root",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
        ]
        # Another kernel called python3 on this machine may not have streamcell.
        jupyterlab = subprocess.Popen(command, env={**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"})  # noqa: S603
        former = signal.signal(signal.SIGTERM, lambda *_: jupyterlab.terminate())
        code = None
        while code is None:
            with contextlib.suppress(KeyboardInterrupt):  # JupyterLab gets Ctrl-C too, and asks before it ends
                code = jupyterlab.wait()
        signal.signal(signal.SIGTERM, former)
        return code


def _greeting(base_url: str, demo_url: str | None = None) -> str:
    from .rehearsal import SCENARIOS

    models = "\n".join(f"  {'rehearsal/' + name:<18} {scenario.summary}" for name, scenario in SCENARIOS.items())
    snippet = "print(OpenAI().responses.create(model='rehearsal', input='Explain entropy').output_text)"
    page = f"Demo page at {demo_url}\n" if demo_url else ""
    return f"""\
{page}Rehearsal server at {base_url}
It speaks OpenAI's API and answers from scripts: no model is asked, any key will do.

  export OPENAI_BASE_URL={base_url} OPENAI_API_KEY=rehearsal
  python -c "from openai import OpenAI; {snippet}"

Models ("rehearsal" is "rehearsal/tour"; settings follow, as in "rehearsal?rate=200&seed=7"):
{models}

Ctrl-C stops it."""


if __name__ == "__main__":
    sys.exit(main())
