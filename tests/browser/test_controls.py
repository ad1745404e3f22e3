"""Stop, Retry and Ctrl-C in a real notebook; what they do is seen at the server, which loses its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .accessible import checked
from .cells import ask, sleep_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange, RehearsalServer

    from .jupyterlab import JupyterLab
    from .notebook import Notebook

BOXES = """\
import ipywidgets
from streamcell import stream_cell
wide = "```\\n" + "a line that is scrolled " * 20 + "\\n```"
cells = [stream_cell(wide, model="echo?rate=0", display=False) for _ in range(2)]
ipywidgets.HBox(cells)"""
LONG = "bulk?characters=20000&chunks=5000&rate=50"  # would take 100 s
STALLED = "stall?after=12&seconds=600&rate=0"


@pytest.mark.parametrize("api", ["responses", pytest.param("chat", marks=pytest.mark.long)])
def test_stop_in_mid_stream_closes_the_connection(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange], api: str
) -> None:
    prompt = f"Stop me in mid-stream, {api}"
    notebook = open_notebook([ask(prompt, LONG, api=api), "print(cell.text)"])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=100)
    notebook.button(0, "Stop").click()
    exchange = asked(prompt, ended="closed_by_client")
    notebook.wait_for_status(0, "stopped")
    shown = notebook.copied(0)
    assert len(shown) >= 100
    assert exchange.text_sent.startswith(shown)
    notebook.run(1)
    assert notebook.printed(1) == f"{shown}\n"
    notebook.button(0, "Stop").wait_for(state="hidden")  # it rests for a second first


@pytest.mark.parametrize("api", ["responses", pytest.param("chat", marks=pytest.mark.long)])
def test_stop_in_mid_silence_closes_the_connection(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange], api: str
) -> None:
    prompt = f"Fall silent, {api}"
    notebook = open_notebook([ask(prompt, STALLED, api=api)])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=0)
    said = asked(prompt).text_sent
    assert asked(prompt).ended == "running"
    notebook.button(0, "Stop").click()
    asked(prompt, ended="closed_by_client")
    notebook.wait_for_status(0, "stopped")
    assert notebook.copied(0) == asked(prompt).text_sent
    assert asked(prompt).text_sent.startswith(said)


def test_retry_streams_again_and_keeps_the_former_version(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    prompt = "Say it again, differently"
    notebook = open_notebook([ask(prompt, LONG), "print(len(cell.versions), [len(v.text) > 0 for v in cell.versions])"])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=60)
    notebook.button(0, "Stop").click()
    notebook.wait_for_status(0, "stopped")
    first = notebook.copied(0)

    notebook.button(0, "Retry").click()
    notebook.wait_for_status(0, "streaming")
    asked(prompt, number=2, ended="running")
    notebook.wait_for_more_text(0, than=60)
    notebook.button(0, "Stop").click()
    asked(prompt, number=2, ended="closed_by_client")
    notebook.wait_for_status(0, "stopped")
    second = notebook.copied(0)
    notebook.run(1)
    assert notebook.printed(1) == "2 [True, True]\n"

    notebook.button(0, "Previous version").click()
    notebook.view(0).get_by_text("1/2").wait_for()
    assert notebook.copied(0) == first
    notebook.button(0, "Next version").click()
    notebook.view(0).get_by_text("2/2").wait_for()
    assert notebook.copied(0) == second


def test_hands_that_click_twice_and_keys_that_are_the_notebooks_do_no_harm(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([ask("Clicked twice", LONG), BOXES, "print(len(cell.versions))"])
    page = notebook.page
    notebook.start(0)
    notebook.wait_for_more_text(0, than=50)
    place = notebook.button(0, "Stop").bounding_box()
    assert place is not None
    middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.dblclick(*middle)
    notebook.wait_for_status(0, "stopped")
    page.mouse.click(*middle)

    notebook.run(1)
    notebook.wait_for_status(1, "done")
    box = notebook.cell(1).locator(".widget-hbox")
    assert box.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0
    code = notebook.view(1).locator(".sc-code pre")
    code.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(node) => node.scrollLeft > 0", arg=code.element_handle())
    count = page.locator(".jp-Notebook .jp-Cell").count()
    notebook.button(0, "Copy").focus()
    for key in "ab":
        page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-Cell").count() == count
    notebook.run(2)
    assert notebook.printed(2) == "1\n"


def test_retry_of_an_iterator_is_off_and_says_why(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook(["from streamcell import stream_cell\ncell = stream_cell(iter(['one ', 'two']))"])
    notebook.start(0)
    notebook.wait_for_status(0, "done", "interrupted")
    retry = notebook.button(0, "Retry")
    assert retry.is_disabled() or retry.get_attribute("aria-disabled") == "true"
    described = retry.get_attribute("title") or ""
    assert described, "the button does not say why it is off"


def test_stop_is_obeyed_while_a_cell_sleeps(
    open_notebook: Callable[..., Notebook], lab: JupyterLab, asked: Callable[..., Exchange]
) -> None:
    prompt = "Stop me although the kernel sleeps"
    gate = lab.notebooks / "stop-while-busy.gate"
    notebook = open_notebook([ask(prompt, LONG), sleep_until(gate.name)])
    notebook.start(0)
    notebook.start(1)
    notebook.wait_for_more_text(0, than=50)
    notebook.button(0, "Stop").click()
    asked(prompt, ended="closed_by_client")
    notebook.wait_for_status(0, "stopped")
    assert notebook.running(1), "the cell had ended: that Stop was no proof"
    gate.touch()
    notebook.wait_for_cell(1)


def test_stop_is_obeyed_when_the_cell_ends_on_ipykernel_6(
    open_notebook: Callable[..., Notebook],
    lab: JupyterLab,
    asked: Callable[..., Exchange],
    rehearsal: RehearsalServer,
) -> None:
    prompt = "Stop me when the kernel wakes"
    gate = lab.notebooks / "stop-when-free.gate"
    notebook = open_notebook([ask(prompt, LONG), sleep_until(gate.name)], kernel="ipykernel6")
    notebook.start(0)
    notebook.start(1)
    notebook.wait_for_more_text(0, than=50)
    notebook.button(0, "Stop").click()
    at_the_click = asked(prompt)
    # This kernel hears nothing while it is busy, and the stream goes on meanwhile.
    rehearsal.wait_for(
        lambda exchange: (
            exchange.request_id == at_the_click.request_id
            and len(exchange.text_sent) > len(at_the_click.text_sent) + 200
        ),
        timeout=60,
    )
    assert asked(prompt).ended == "running"
    assert notebook.running(1)
    gate.touch()
    asked(prompt, ended="closed_by_client")
    notebook.wait_for_status(0, "stopped")


@pytest.mark.parametrize("kernel", ["python3", "ipykernel6"])
def test_interrupting_result_stops_the_stream(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange], kernel: str
) -> None:
    prompt = f"Interrupt my result on {kernel}"
    notebook = open_notebook([f"{ask(prompt, LONG)}\ncell.result()", "print(cell.status)"], kernel=kernel)
    notebook.start(0)
    notebook.wait_for_more_text(0, than=50)
    notebook.interrupt()
    asked(prompt, ended="closed_by_client")
    notebook.wait_for_status(0, "stopped")
    notebook.wait_for_cell(0)
    assert notebook.raised(0) == "KeyboardInterrupt"
    assert notebook.answer(0).inner_text().strip()
    notebook.run(1)
    assert notebook.printed(1) == "stopped\n"


ACCESSIBLE = """\
# Everything that scrolls, or has a label

- [x] a task that is done
- [ ] one that is not

| {columns} |
|{lines}|
| {columns} |

```python
{code}
```

\\[ {formula} \\]

[A link](https://example.org), <b>bold</b>, an image ![of an owl](https://example.org/owl.png) and a note[^1].

<details><summary>More</summary>

Hidden at first.

</details>

[^1]: The note.
""".format(
    columns=" | ".join(["a wide column"] * 12),
    lines="|".join(["---"] * 12),
    code="print('" + "far to the right " * 20 + "')",
    formula=" + ".join(f"x_{{{number}}}" for number in range(90)),
)


def test_axe_finds_nothing_in_an_answer_and_in_a_card(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask(ACCESSIBLE, "echo?rate=0"), ask("Cut", "drop?after=9")])
    notebook.run_all()
    notebook.wait_for_status(0, "done")
    notebook.wait_for_status(1, "interrupted")
    notebook.view(0).locator("math").first.wait_for()
    found = checked(notebook.page)
    assert found["violations"] == []
    assert {"label", "scrollable-region-focusable", "button-name"} <= set(found["passed"])
