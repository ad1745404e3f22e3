"""An answer with each kind of part, in a real page: shown, copied, saved, reloaded and exported in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from nbconvert import HTMLExporter

from streamcell.rehearsal._pictures import base64_of

from .accessible import checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

ASK = """\
from streamcell import stream_cell

def gauge(place: str) -> str:
    "Say how high the water stands at a place."
    return f"4.2 m in {{place}}"

options = dict(tools=[gauge], approve=True, api={api!r}{more})
cell = stream_cell("How high is the river?", model="everything?rate=0", **options)"""
MORE = {"responses": ', reasoning={"summary": "auto"}', "chat": ""}
SHOWN = """(shown) => {
    const parts = document.querySelectorAll(
        '[data-streamcell] .sc-parts > :not(.sc-foot), [data-streamcell] .sc-foot > *');
    return [...parts].map((one) => one.className.split(' ').at(-1)).join() === shown.join();
}"""
COPIED = ["Let me look that up.", "`gauge` (done)", "4.2 m in Oslo", "The gauge says", "**Sources**", "!["]
EXPORTED = ["Let me look that up.", "<code>gauge</code>", "4.2 m in Oslo", "The gauge says", "Sources", base64_of(1)]


def in_order(text: str, said: list[str]) -> bool:
    places = [text.find(one) for one in said]
    return -1 not in places and places == sorted(places)


def parts_are(notebook: Notebook, shown: list[str]) -> None:
    """Wait until the page shows these parts, once: after a reload, a live view takes the place of the saved one."""
    notebook.page.wait_for_function(SHOWN, arg=shown)


@pytest.mark.parametrize("api", ["responses", pytest.param("chat", marks=pytest.mark.long)])
def test_every_kind_of_part_keeps_its_place(open_notebook: Callable[..., Notebook], api: str) -> None:
    notebook = open_notebook([ASK.format(api=api, more=MORE[api])])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    view = notebook.view(0)
    view.get_by_text("480 × 320 PNG").wait_for()
    # Sources stand below the answer.
    shown = ["sc-reasoning", "sc-text", "sc-call", "sc-text", "sc-image", "sc-sources"]
    parts_are(notebook, shown)
    assert checked(notebook.page)["violations"] == []
    notebook.picture(f"order-{api}")
    assert in_order(notebook.copied(0), COPIED)

    notebook.save()
    notebook.reload()
    parts_are(notebook, shown)
    notebook.reopen_without_kernel()
    parts_are(notebook, shown)
    assert in_order(notebook.copied(0), COPIED)
    html, _ = HTMLExporter().from_notebook_node(nbformat.read(notebook.path, as_version=4))
    assert in_order(html[html.index("jp-OutputArea-output") :], EXPORTED)
