"""An answer in a real notebook: it grows, it is what the server sent, and it takes nobody's time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .cells import ask, sleep_until
from .notebook import Growth

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange

    from .jupyterlab import JupyterLab
    from .notebook import Notebook

LONG = "bulk?characters=40000&chunks=10000&rate=50"  # would take 200 s

# Everything that a careless step between the socket and the page would break.
EVERYTHING = """\
# Überschrift mit 🦉 und 👩‍👩‍👧‍👦

Ein *betonter* **Absatz** mit `code`, ein e\u0301 aus zwei Zeichen, 漢字 und ein \u2028 Zeilentrenner; 5 < 6 & 7 > 2.

مرحبا بالعالم، هذا نص من اليمين إلى اليسار. שלום עולם.

```python
def grüße(name: str) -> str:
    return f"<b>{name}</b> \\t 🎉"
```

| links | mitte | rechts |
|:------|:-----:|-------:|
| 🍎    | ½     | 1      |
| ﷽     | a\\|b | −2     |

> Zitat

1. eins
   - zwei
"""


@pytest.mark.parametrize("api", ["responses", pytest.param("chat", marks=pytest.mark.long)])
def test_the_text_grows_and_ends_as_the_server_sent_it(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange], api: str
) -> None:
    prompt = f"{EVERYTHING}\nüber {api}"
    notebook = open_notebook([ask(prompt, "echo?rate=60", api=api), "import json; print(json.dumps(cell.text))"])
    growth = Growth(notebook.cell(0))
    notebook.start(0)
    assert notebook.wait_for_status(0, "done", "failed", "interrupted") == "done"
    assert len(growth.lengths()) > 5, "the answer came in one piece"

    sent = asked(prompt, ended="finished").text_sent
    assert sent == prompt
    notebook.run(1)
    assert json.loads(notebook.printed(1)) == sent
    assert notebook.copied(0) == sent

    answer = notebook.answer(0)
    assert answer.locator("h1").inner_text() == "Überschrift mit 🦉 und 👩‍👩‍👧‍👦"
    assert 'return f"<b>{name}</b> \\t 🎉"' in answer.locator("pre code").inner_text()
    assert answer.locator("table tbody tr").count() == 2
    assert answer.locator("table tbody tr td").nth(4).inner_text() == "a|b"
    assert "مرحبا بالعالم، هذا نص من اليمين إلى اليسار. שלום עולם." in answer.inner_text()
    assert "5 < 6 & 7 > 2" in answer.inner_text()


def test_nothing_is_fetched_from_elsewhere(open_notebook: Callable[..., Notebook], lab: JupyterLab) -> None:
    notebook = open_notebook([ask("Show me everything", "tour?rate=0")])
    urls: list[str] = []
    notebook.page.on("request", lambda request: urls.append(request.url))
    notebook.start(0)
    notebook.wait_for_status(0, "done")
    assert [
        url for url in urls if not url.startswith((lab.url, lab.url.replace("http", "ws", 1), "blob:", "data:"))
    ] == []


def test_ten_cells_by_run_all_all_finish(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    prompts = [f"Cell number {number} of ten: tell me about rain" for number in range(10)]
    notebook = open_notebook([ask(prompt, "tour?rate=100") for prompt in prompts])
    notebook.run_all()
    for index, prompt in enumerate(prompts):
        assert notebook.wait_for_status(index, "done", "failed", "interrupted") == "done"
        asked(prompt, ended="finished")
        assert notebook.answer(index).inner_text().strip()
        assert notebook.cell(index).locator("[data-streamcell]").count() == 1


def test_a_busy_cell_does_not_hold_the_stream(
    open_notebook: Callable[..., Notebook], lab: JupyterLab, asked: Callable[..., Exchange]
) -> None:
    gate = lab.notebooks / "a-busy-cell.gate"
    notebook = open_notebook([ask("Stream on while I sleep", "tour?rate=100"), sleep_until(gate.name)])
    notebook.start(0)
    notebook.start(1)
    asked("Stream on while I sleep", ended="finished")
    notebook.wait_for_status(0, "done")
    assert notebook.running(1), "the cell had ended before the stream"
    gate.touch()
    notebook.wait_for_cell(1)


def test_the_themes_are_followed(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("A table and code, please", "tour?rate=0")])
    notebook.start(0)
    notebook.wait_for_status(0, "done")
    colour = "(element) => getComputedStyle(element).color"
    light = notebook.answer(0).evaluate(colour)
    notebook.set_theme("JupyterLab Dark")
    try:
        assert notebook.answer(0).evaluate(colour) != light
    finally:
        notebook.set_theme("JupyterLab Light")


def test_a_reload_in_mid_stream_catches_up(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    notebook = open_notebook([ask("Survive a reload", LONG)])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=50)
    notebook.save()
    notebook.reload()
    saved = notebook.wait_for_more_text(0, than=50)
    assert saved > 50, "what was saved is there until the widget is"
    notebook.wait_for_status(0, "streaming")
    assert notebook.wait_for_more_text(0, than=saved) > saved
    notebook.button(0, "Stop").click()
    notebook.wait_for_status(0, "stopped")
    shown = notebook.copied(0)
    assert len(shown) > saved
    assert asked("Survive a reload", ended="closed_by_client").text_sent.startswith(shown)
