"""The `streamcell` command: `demo` opens the lessons, `serve` runs the rehearsal server."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from . import _lessons

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        help="open JupyterLab on the lessons",
        description="Open JupyterLab on copies of the notebooks that teach. They need no key and no network.",
    )
    demo.add_argument("name", nargs="?", default=_lessons.INDEX, help="the lesson to open; by default the index")
    demo.add_argument("--list", action="store_true", help="list the lessons, and open none")
    demo.add_argument(
        "--folder", help="where the copies are kept; by default in a temporary folder, kept if you change something"
    )
    demo.add_argument("--port", type=int, default=0, help="JupyterLab's port; 0, the default, selects a free one")
    demo.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
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
    known = _lessons.lessons()
    lesson = _lessons.find(options.name)
    if lesson is None or options.list:
        names = "\n".join(f"  {one.name:<12} {one.title}" for one in known)
        if lesson is None:
            print(f"streamcell demo: there is no lesson {options.name!r}. There are:\n{names}", file=sys.stderr)
            return 2
        print(names)
        return 0
    folder = None if options.folder is None else Path(options.folder)
    return _lessons.open_in_jupyterlab(lesson, folder=folder, port=options.port, browser=not options.no_browser)


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
