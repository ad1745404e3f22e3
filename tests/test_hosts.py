"""Outside a notebook's kernel: whom a page asks for the front end, and how deliveries reach a server's session."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from streamcell import stream_cell
from streamcell.notebook.delivery import carrier
from streamcell.notebook.displayed import Displayed

if TYPE_CHECKING:
    import pytest


def test_without_a_kernel_the_cell_itself_hands_over_the_front_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Displayed, "send", lambda _self, content, buffers=None: sent.append(content))
    cell = stream_cell(["one"])
    assert cell.result(300) == "one"
    state = cell.get_state()
    assert state["_bundle"] is None
    assert len(state["_digest"]) == 16
    sent.clear()
    for name in ("streamcell", "python", "../../secrets", "no such addon"):
        cell._handle_custom_msg({"type": "addon", "name": name}, [])
    assert [message["name"] for message in sent] == ["streamcell", "python", "../../secrets", "no such addon"]
    bundle, addon, *others = [message["esm"] for message in sent]
    assert len(bundle) > 50_000
    assert len(addon) > 1_000
    assert others == [None, None]


class FakeShiny(ModuleType):
    """What is used of Shiny: a current session, the lock, and a flush that sends what was said in between."""

    def __init__(self) -> None:
        super().__init__("shiny")
        self.current: str | None = None
        self.flushed: list[list[tuple[str | None, str, bool]]] = []
        self.said: list[tuple[str | None, str, bool]] = []
        lock = asyncio.Lock()
        self.home = threading.get_ident()
        self.all_said = asyncio.Event()

        @contextmanager
        def session_context(session: str) -> Iterator[None]:
            before, self.current = self.current, session
            yield
            self.current = before

        async def flush() -> None:
            assert lock.locked()
            await asyncio.sleep(0.01)
            self.flushed.append(self.said)
            self.said = []
            if sum(map(len, self.flushed)) == 20:
                self.all_said.set()

        self.session = SimpleNamespace(get_current_session=lambda: self.current, session_context=session_context)
        self.reactive = SimpleNamespace(lock=lambda: lock, flush=flush)

    def say(self, what: str) -> None:
        self.said.append((self.current, what, threading.get_ident() == self.home))


def test_in_a_session_of_shiny_deliveries_are_carried_out_there_in_order_and_flushed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        shiny = FakeShiny()
        monkeypatch.setitem(sys.modules, "shiny", shiny)
        with shiny.session.session_context("mine"):
            carry = carrier()

        def deliver() -> None:
            for number in range(20):
                carry(partial(shiny.say, str(number)))

        await asyncio.to_thread(deliver)
        await asyncio.wait_for(shiny.all_said.wait(), 10)
        assert [one for flush in shiny.flushed for one in flush] == [("mine", str(n), True) for n in range(20)]
        assert shiny.said == []
        assert shiny.current is None

    asyncio.run(main())


def test_everywhere_else_they_are_carried_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    carrier()(lambda: done.append(threading.get_ident()))
    assert done == [threading.get_ident()]
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "shiny", SimpleNamespace())  # loaded in part only
        carrier()(lambda: done.append(0))
    assert len(done) == 2
