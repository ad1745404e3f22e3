"""What others do not promise is still as we use it: whoever changes it is named here, before an answer suffers."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest
from ipykernel.comm import Comm
from ipykernel.kernelbase import Kernel

from streamcell import StreamCell
from streamcell.notebook import private

WIDGETS = f"ipywidgets {version('ipywidgets')}"
KERNEL = f"ipykernel {version('ipykernel')}"


def test_ipywidgets_keeps_its_widgets_by_their_models_ids() -> None:
    label = ipywidgets.Label()
    instances = getattr(ipywidgets.widgets.widget, "_instances", None)
    assert instances is not None, f"{WIDGETS} has no widgets.widget._instances: see private.is_registered"
    assert instances.get(label.model_id) is label, f"{WIDGETS} keeps its widgets otherwise: see private.is_registered"
    assert private.is_registered(label)
    model_id = label.model_id
    label.close()
    assert model_id not in instances


def test_a_closed_widget_can_be_shown_again() -> None:
    label = ipywidgets.Label("a")
    label.close()
    assert "_repr_mimebundle_" in vars(label), f"{WIDGETS} closes widgets otherwise: see private.show_again"
    private.show_again(label)
    assert "_repr_mimebundle_" not in vars(label)


def test_ipykernel_asks_a_comm_for_the_subshell_of_its_messages() -> None:
    if tuple(map(int, version("ipykernel").split(".")[:2])) < (7, 4):
        assert not hasattr(Comm, "_reply_subshell_for"), f"{KERNEL} chooses subshells already"
    else:
        assert hasattr(Comm, "_reply_subshell_for"), f"{KERNEL} chooses subshells otherwise: see private.py"


@pytest.mark.parametrize("known", [True, False])
def test_a_page_chooses_the_subshell_where_a_comm_asks_for_it(known: bool) -> None:
    class Asks:
        def _reply_subshell_for(self, data: object, default: object) -> object:
            return "the last that published"

    comm = Asks() if known else object()
    private.let_pages_choose_the_subshell(comm)
    if known:
        assert comm._reply_subshell_for({}, "the page's") == "the page's"  # type: ignore[attr-defined]


class Session:
    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    def send(self, socket: object, kind: str, content: object, *, parent: object, ident: object) -> None:
        self.sent.append((socket, kind, content, parent, ident))


def test_a_message_without_a_parent_is_as_ipykernels_own_but_for_that() -> None:
    source = inspect.getsource(Comm.publish_msg)
    for words in (
        "self.kernel.session.send(",
        "self.kernel.iopub_socket,",
        "data=data, comm_id=self.comm_id",
        "ident=self.topic",
    ):
        assert words in source, f"{KERNEL} sends otherwise: see private.send_without_parent"
    session = Session()
    kernel = SimpleNamespace(session=session, iopub_socket="socket")
    comm = SimpleNamespace(kernel=kernel, topic=b"topic", comm_id="id", _closed=False)
    assert private.send_without_parent(comm, {"a": 1})
    assert session.sent == [("socket", "comm_msg", {"data": {"a": 1}, "comm_id": "id"}, {}, b"topic")]


@pytest.mark.parametrize(
    "comm",
    [
        None,
        SimpleNamespace(),
        SimpleNamespace(kernel=None, topic=b"topic", comm_id="id"),
        SimpleNamespace(kernel=SimpleNamespace(session=Session()), topic=b"topic", comm_id="id"),
        SimpleNamespace(kernel=SimpleNamespace(session=Session(), iopub_socket=1), topic=b"", comm_id="", _closed=True),
    ],
)
def test_where_a_comm_is_another_hosts_or_closed_nothing_is_sent(comm: object) -> None:
    assert not private.send_without_parent(comm, {"a": 1})


def test_interact_shows_results_by_its_update() -> None:
    code = private.code_of_interact()
    assert code is not None, f"{WIDGETS} has no interactive.update: see private.code_of_interact"
    assert "display" in code.co_names, f"{WIDGETS} shows results otherwise: see private.code_of_interact"


def test_a_cell_has_no_attribute_that_a_host_sets_for_itself() -> None:
    # Panel keeps its document on each widget, and leaves a widget without a comm that has another thing there.
    assert not hasattr(StreamCell, "_document")


def test_ipykernel_restores_the_handler_of_idle_times_after_each_message() -> None:
    before, after = (inspect.getsource(getattr(Kernel, name)) for name in ("pre_handler_hook", "post_handler_hook"))
    assert "self.saved_sigint_handler = signal(SIGINT, default_int_handler)" in before, f"{KERNEL}: see private.py"
    assert "signal(SIGINT, self.saved_sigint_handler)" in after, f"{KERNEL}: see private.set_idle_interrupt"
    kernel = SimpleNamespace(saved_sigint_handler=None)
    private.set_idle_interrupt(kernel, "ours")
    assert kernel.saved_sigint_handler == "ours"
    private.set_idle_interrupt(SimpleNamespace(), "ours")


def test_python_ends_pools_of_threads_after_what_was_registered_later() -> None:
    assert hasattr(threading, "_register_atexit"), "Python has no threading._register_atexit: see private.py"
    source = "import streamcell.notebook.private as p; p.before_threads_end(lambda: print(submit()))\n"
    source += "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\n"
    source += "def submit(): return pool.submit(int, '7').result()"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=300)
    assert (done.stdout, done.stderr) == ("7\n", "")
