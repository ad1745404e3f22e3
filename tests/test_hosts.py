"""Outside a notebook's kernel: whom a page asks for the front end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamcell import StreamCell, stream_cell

if TYPE_CHECKING:
    import pytest


def test_without_a_kernel_the_cell_itself_hands_over_the_front_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(StreamCell, "send", lambda _self, content, buffers=None: sent.append(content))
    cell = stream_cell(["one"])
    assert cell.result(30) == "one"
    state = cell.get_state()
    assert state["_bundle"] is None
    assert len(state["_digest"]) == 16
    sent.clear()
    for name in ("streamcell", "python", "../../secrets", "no such part"):
        cell._handle_custom_msg({"type": "part", "name": name}, [])
    assert [message["name"] for message in sent] == ["streamcell", "python", "../../secrets", "no such part"]
    bundle, part, *others = [message["esm"] for message in sent]
    assert len(bundle) > 50_000
    assert len(part) > 1_000
    assert others == [None, None]
