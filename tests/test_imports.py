"""Imports go one way: values, then pure modules, then shells, then the call. Read from the sources, not run."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import streamcell

PACKAGE = Path(streamcell.__file__).parent

VALUES = {
    "_errors",
    "_events",
    "_finish",
    "_inputs",
    "_jsonable",
    "_messages",
    "_parameters",
    "_request",
    "_resume",
    "_shapes",
}
VALUES |= {"_state", "_terminal", "_timeouts", "_veiled", "_version"}
# `_protocol` is here and not among the values: a page's commands are the session's inputs, and a view is made from
# the document.
PURE = {"_coalesce", "_document", "_limit_headers", "_limits", "_output", "_protocol", "_retry", "_session"}
PURE |= {"_formulas", "_prose", "_saved"}
SHELLS = {
    "_answer",
    "_driver",
    "_faults",
    "_front_end",
    "_hosts",
    "_lanes",
    "_log",
    "_notebook",
    "_observers",
    "_stream",
    "_telemetry",
    "_widget",
    "sources",
}
CALL = {"_api"}
FRONT = {"__init__", "_cli"}
RANKS = [VALUES, PURE, SHELLS, CALL, FRONT]

PURE_SOURCES = {
    "sources._assembly",
    "sources._chat_completions",
    "sources._continuation",
    "sources._conversation",
    "sources._dialect",
    "sources._failures",
    "sources._refusals",
    "sources._responses",
    "sources._sse",
    "sources._thinking",
    "sources._words",
}
"""Decoders and mappings: shells by their place, pure by what they may import."""

SDKS = {"openai", "httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "anyio"}
WIDGETS = {"anywidget", "ipywidgets", "traitlets", "comm", "IPython", "ipykernel"}
WORLD = {
    "asyncio",
    "concurrent",
    "contextvars",
    "datetime",
    "http",
    "importlib",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "queue",
    "random",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib",
    "uuid",
}
"""Standard modules through which a function meets a clock, chance, a thread, a file or a network."""


@dataclass(frozen=True)
class Import:
    """One import: what of, which names, and whether only a type checker or only a function's call makes it."""

    target: str
    names: frozenset[str]
    for_types: bool
    late: bool

    @property
    def inside(self) -> str | None:
        """The module within the package, or None for another package's."""
        package, _, rest = self.target.partition(".")
        return (rest or "__init__") if package == "streamcell" else None

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]


def imports_of(module: str, source: str) -> Iterator[Import]:
    """Give every import of `module` (dotted, within the package), wherever in it."""

    def walk(node: ast.AST, for_types: bool, late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                for one in child.body:
                    yield from walk(ast.Module([one], []), True, late)
                for one in child.orelse:
                    yield from walk(ast.Module([one], []), for_types, late)
            elif isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, frozenset(), for_types, late)
            elif isinstance(child, ast.ImportFrom):
                yield from _from(module, child, for_types, late)
            else:
                yield from walk(child, for_types, late or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)))

    yield from walk(ast.parse(source), False, False)


def _from(module: str, node: ast.ImportFrom, for_types: bool, late: bool) -> Iterator[Import]:
    here = ["streamcell", *module.split(".")]
    base = [] if node.level == 0 else here[: len(here) - node.level]
    target = ".".join([*base, *([node.module] if node.module else [])])
    if node.module or node.level == 0:
        yield Import(target, frozenset(alias.name for alias in node.names), for_types, late)
        return
    for alias in node.names:  # `from . import x` imports the module x
        yield Import(f"{target}.{alias.name}", frozenset(), for_types, late)


def broken(module: str, source: str) -> list[str]:
    """Give the rules that `module` breaks, in words."""
    found = [said for one in imports_of(module, source) for said in _broken(module, one)]
    return [f"{module}: {said}" for said in found]


def _broken(module: str, one: Import) -> Iterator[str]:
    room = module.partition(".")[0]
    if room == "rehearsal":
        if one.inside is not None and not one.inside.startswith("rehearsal"):
            yield f"the rehearsal server stands alone, and imports {one.inside}"
        return
    if one.inside is not None:
        yield from _broken_inside(module, room, one)
    else:
        yield from _broken_outside(module, room, one)


def _broken_inside(module: str, room: str, one: Import) -> Iterator[str]:
    target = (one.inside or "").partition(".")[0]
    if target == "rehearsal":
        if room not in CALL | FRONT or not one.late:
            yield "the rehearsal server is loaded only by the call or the command, when it is asked for"
        return
    if _rank(target) > _rank(room):
        yield f"{target} is above it"
    elif room == "sources" and target in ("_widget", "_driver", "_stream"):
        yield f"sources know nothing of {target}"
    elif room in ("_widget", "_stream") and target == "sources" and one.names != {"Source"}:
        # A protocol, so a type; what implements it comes in from the call.
        yield f"of sources {room} may know the type Source, not {', '.join(sorted(one.names)) or 'the package'}"
    elif room in ("_driver", "_stream") and target == "_widget":
        yield "a stream knows a sink, not the widget"


def _broken_outside(module: str, room: str, one: Import) -> Iterator[str]:
    pure = room in VALUES | PURE or module in PURE_SOURCES
    if one.package in SDKS:
        if not (one.for_types or (room == "sources" and one.late)):
            yield f"{one.package} is imported inside sources/ only, and when it is used"
    elif one.package in WIDGETS:
        if room not in ("_widget", "_front_end", "_observers"):
            yield f"{one.package} is the widget's"
        elif one.package in ("IPython", "ipykernel") and not one.late:
            yield f"{one.package} is the notebook's: it is imported when there is one"
    elif pure and one.package not in sys.stdlib_module_names:
        yield f"it is pure, and imports {one.package}"
    elif pure and one.package in WORLD:
        yield f"it is pure, and meets the world through {one.package}"


def _rank(room: str) -> int:
    for rank, rooms in enumerate(RANKS):
        if room in rooms:
            return rank
    raise AssertionError(f"{room} is a new room: say in RANKS which layer it belongs to")


MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}


def test_the_walk_finds_the_package() -> None:
    assert {"__init__", "_api", "_session", "sources.__init__", "sources._sse", "rehearsal.__init__"} <= set(MODULES)
    assert {module.partition(".")[0] for module in MODULES} - {"rehearsal"} == set().union(*RANKS)
    assert set(MODULES) >= PURE_SOURCES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_layer_may(module: str) -> None:
    assert broken(module, MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source", "words"),
    [
        ("_events", "from ._document import Version", "_document is above it"),
        ("_errors", "from . import _session", "_session is above it"),
        ("_document", "from streamcell._driver import Stream", "_driver is above it"),
        ("_document", "import streamcell.sources._sse", "sources is above it"),
        ("_session", "def f():\n    from ._widget import StreamCell", "_widget is above it"),
        ("_session", "if TYPE_CHECKING:\n    from ._api import stream_cell", "_api is above it"),
        ("_session", "from . import stream_cell", "new room"),
        ("_driver", "from . import StreamCell", "new room"),
        ("sources._sse", "from .._driver import Stream", "sources know nothing of _driver"),
        ("sources._openai", "from .. import _widget", "sources know nothing of _widget"),
        ("sources.__init__", "from .._api import stream_cell", "_api is above it"),
        ("_stream", "from .sources import resolve", "may know the type Source, not resolve"),
        ("_stream", "from .sources._openai import OpenAISource", "not OpenAISource"),
        ("_widget", "from . import sources", "not the package"),
        ("_driver", "from ._widget import StreamCell", "a sink, not the widget"),
        ("_api", "from .rehearsal import shared", "only by the call"),
        ("_widget", "def f():\n    from . import rehearsal", "only by the call"),
        ("rehearsal._server", "from .._errors import StreamCellError", "stands alone, and imports _errors"),
        ("rehearsal._server", "import streamcell._state", "stands alone"),
        ("_api", "import openai", "inside sources/ only"),
        ("_api", "def f():\n    import openai", "inside sources/ only"),
        ("sources._client", "import openai", "when it is used"),
        ("sources._client", "try:\n    from openai import OpenAI\nexcept ImportError:\n    pass", "when it is used"),
        ("sources._openai", "import httpx2", "when it is used"),
        ("sources._openai", "if TYPE_CHECKING:\n    pass\nelse:\n    import openai", "when it is used"),
        ("_driver", "import ipywidgets", "the widget's"),
        ("_api", "def f():\n    import anywidget", "the widget's"),
        ("_widget", "import IPython", "imported when there is one"),
        ("_session", "import time", "meets the world through time"),
        ("_retry", "from random import random", "meets the world through random"),
        ("_coalesce", "def f():\n    import asyncio", "meets the world through asyncio"),
        ("_state", "import os.path", "meets the world through os"),
        ("sources._sse", "import threading", "meets the world through threading"),
        ("_document", "import numpy", "pure, and imports numpy"),
    ],
)
def test_a_broken_rule_is_told(module: str, source: str, words: str) -> None:
    try:
        said = "; ".join(broken(module, source))
    except AssertionError as error:
        said = str(error)
    assert words in said


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("_events", "from ._errors import StreamCellError"),
        ("_protocol", "from ._session import Stop"),
        ("_stream", "import asyncio, random, threading\nfrom .sources import Source"),
        ("_widget", "import anywidget\nfrom .sources import Source\nfrom ._stream import Stream"),
        ("_widget", "def f():\n    from IPython.display import display"),
        ("sources._client", "if TYPE_CHECKING:\n    from openai import OpenAI\ndef f():\n    import openai"),
        ("_api", "if TYPE_CHECKING:\n    from openai import OpenAI\ndef f():\n    from . import rehearsal"),
        ("sources._openai", "from ._sse import SseDecoder\nimport asyncio"),
        ("rehearsal._server", "import tornado\nfrom . import _app\nfrom ._steps import Timing"),
        ("_session", "from collections.abc import Mapping\nfrom typing import Any"),
    ],
)
def test_a_rule_that_is_kept_is_not(module: str, source: str) -> None:
    assert broken(module, source) == []


def test_importing_streamcell_loads_neither_an_sdk_nor_a_server() -> None:
    code = "import streamcell, sys; print(*sorted(sys.modules), sep='\\n')"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"streamcell", "streamcell._widget", "anywidget"} <= set(loaded)
    unwanted = SDKS | {"tornado", "http.server", "aiohttp", "pydantic", "ipykernel", "streamcell.rehearsal"}
    assert unwanted & set(loaded) == set()
