"""A front end without our extension, as VS Code and Colab are: the kernel itself writes the answer into the output."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel

from streamcell.notebook.output import ANSWER, WIDGET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

LIMIT = 300.0
HELLO = {"type": "hello", "wire": 1, "keeps": True}


@pytest.fixture
def client() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def messages(client: BlockingKernelClient) -> Iterator[dict[str, Any]]:
    while True:
        yield client.get_iopub_msg(timeout=LIMIT)


def custom_of(message: dict[str, Any]) -> dict[str, Any]:
    """Return what our messages to the page hold; empty for others."""
    data = message["content"].get("data", {})
    content: dict[str, Any] = data.get("content", {}) if data.get("method") == "custom" else {}
    return content


def ask(client: BlockingKernelClient, first_token: float) -> dict[str, Any]:
    """Run a cell that streams, as a front end does; give the output that it shows at once."""
    model = f"rehearsal/echo?rate=0&first_token={first_token}"
    client.execute(f"from streamcell import stream_cell\ncell = stream_cell('one *two*', model={model!r})")
    content: dict[str, Any] = next(one for one in messages(client) if one["msg_type"] == "display_data")["content"]
    return content


@pytest.mark.filterwarnings("ignore")  # jupyter_client's own
def test_the_output_holds_the_answer_when_it_has_ended(client: BlockingKernelClient) -> None:
    shown = ask(client, 0.5)
    assert shown["data"][WIDGET]["model_id"] == shown["metadata"][ANSWER]["model_id"]
    changed = next(one for one in messages(client) if one["msg_type"] == "update_display_data")["content"]
    assert changed["transient"] == shown["transient"]
    assert changed["data"]["text/markdown"] == changed["data"]["text/plain"] == "one *two*"
    assert changed["data"][ANSWER]["document"]["status"] == "done"
    assert changed["data"][WIDGET] == shown["data"][WIDGET]


@pytest.mark.filterwarnings("ignore")
def test_not_where_a_page_says_that_it_keeps_the_notebook(client: BlockingKernelClient) -> None:
    shown = ask(client, 2)
    data = {"method": "custom", "content": HELLO}
    content = {"comm_id": shown["data"][WIDGET]["model_id"], "data": data}
    client.shell_channel.send(client.session.msg("comm_msg", content))
    seen = []
    before_the_end = []
    parents = set()
    for one in messages(client):
        seen.append(one["msg_type"])
        custom = custom_of(one)
        if custom:
            parents.add(one["parent_header"].get("msg_type", ""))
        if custom.get("type") == "kept":
            before_the_end.append(custom)
        if ["set", "status", "done"] in custom.get("ops", []):
            break
    # Whatever the end brings with it has been sent before the kernel answers this.
    client.execute("cell.result()")
    for one in messages(client):
        seen.append(one["msg_type"])
        if one["msg_type"] == "execute_result":
            break
    assert "update_display_data" not in seen
    # The page is sent what it keeps, with the end and whenever one says hello after it.
    client.shell_channel.send(client.session.msg("comm_msg", content))
    kept = {"type": "kept", "epoch": 1, "length": len("one *two*"), "markdown": None, "others": []}
    assert next(custom for custom in map(custom_of, messages(client)) if custom.get("type") == "kept") == kept
    assert before_the_end == [kept]
    assert parents == {""}, "a stream answers no request"


@pytest.mark.filterwarnings("ignore")
def test_controls_are_shown_below_a_cell_that_is_shown(client: BlockingKernelClient) -> None:
    lines = "import ipywidgets\nfrom streamcell import stream_cell\nmade = ipywidgets.widgets.widget._instances\n"
    lines += "cell = stream_cell(lambda: ['One'], controls=True)\nstream_cell(lambda: ['Two'])\ncell.result()"
    asked = client.execute(lines)
    shown = []
    for one in messages(client):
        if one["msg_type"] == "display_data":
            shown.append(one["content"])
        if one["parent_header"].get("msg_id") == asked and one["content"].get("execution_state") == "idle":
            break
    cell, controls, _other = shown
    assert cell["metadata"][ANSWER]["model_id"] == cell["data"][WIDGET]["model_id"]
    assert controls["data"]["text/plain"] == ""
    assert ANSWER not in controls["metadata"]
    box = f"made[{controls['data'][WIDGET]['model_id']!r}]"
    reply = client.execute_interactive(
        "", user_expressions={"box": f"(type({box}).__name__, {box}._cell is cell)"}, timeout=LIMIT
    )
    assert reply["content"]["user_expressions"]["box"]["data"]["text/plain"] == "('Controls', True)"


FREED = """
import gc, json, time, weakref
import ipywidgets
from streamcell import stream_cell

def made(**options):
    cell = stream_cell(lambda: ["a ", "b"], **options)
    cell.result()
    return cell

def living(cells, expected):
    # How many of them are there, once they are no more than expected: the stream's thread lets go when it is done.
    alive = [weakref.ref(cell) for cell in cells]
    cells.clear()
    until = time.monotonic() + 60
    while True:
        gc.collect()
        count = sum(one() is not None for one in alive)
        if count <= expected or time.monotonic() > until:
            return count
        time.sleep(0.01)

hidden = living([made(display=False) for _ in range(10)], 0)
boxed = made(display=False)
box = ipywidgets.HBox([boxed])
opened = boxed.comm is not None
closed = [made() for _ in range(5)]
for cell in closed: cell.close()
del cell
closed = living(closed, 0)
shown = living([made() for _ in range(3)], 3)
print(json.dumps([hidden, opened, closed, shown]))
"""


PLAIN = """
import gc, weakref
from streamcell import stream_cell
cell = stream_cell("one", model="rehearsal/echo?rate=0")
print(cell.result(), cell.comm, bool(cell.model_id), cell.comm is None)
cell = stream_cell("two", model="rehearsal/echo?rate=0")
print(cell.result())
kept = weakref.ref(cell)
del cell
while kept() is not None:  # the stream's thread lets go of it, and then the collector
    gc.collect()
print("freed")
"""


def test_an_answer_of_a_plain_process_is_freed_when_nobody_refers_to_it() -> None:
    """No notebook, no other host: nobody would take what ipywidgets would keep it for. Who asks for a comm gets one."""
    done = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=True, timeout=LIMIT)
    assert done.stdout.split() == ["one", "None", "True", "False", "two", "freed"]


@pytest.mark.filterwarnings("ignore")  # jupyter_client's own
def test_an_answer_that_nobody_refers_to_and_no_page_shows_is_freed(client: BlockingKernelClient) -> None:
    printed: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(FREED, allow_stdin=True, timeout=LIMIT, output_hook=hear)
    assert reply["content"]["status"] == "ok", reply["content"]
    # The last three are still shown: their Retry must work though no variable holds them.
    assert json.loads("".join(printed)) == [0, True, 0, 3]
