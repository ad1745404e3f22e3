"""The widget, which owns the comm. It mirrors a document into traits and passes messages on; it decides nothing."""

from __future__ import annotations

import concurrent.futures
import os
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import traitlets

from .._errors import Stopped
from ..answer.inputs import Start, Stop
from ..answer.parts import body_of, text_of
from ..answer.session import Session
from ..answer.status import TERMINAL
from ..engine.handle import Answer, running_loop
from ..engine.jury import Endpoint
from ..engine.observers import Observers
from ..engine.recorder import Recorder
from ..engine.stream import Stream
from ..engine.structure import Structure
from ..engine.toolbox import Toolbox
from ..engine.writing import save_as
from ..request.request import Request
from ..request.veiled import Secrets, Veiled
from ..wire.messages import MOMENTARY, UNSAVED, Command, Forget, Hello, Kept, View, document_of
from . import ipython, terminal
from .controls import Controls
from .delivery import at_once, carrier
from .displayed import Displayed
from .export import Answered, writers
from .ipython import Unattended
from .output import bundle_of, markdown_of, others_of
from .shown_text import ShownText

if TYPE_CHECKING:
    import ipywidgets

    from ..sources import Source

__all__ = ["StreamCell"]


class StreamCell(Answer, Displayed):
    """A cell that streams an answer into the notebook. `stream_cell` makes and returns it.

    It is an ipywidgets widget: it can be placed in boxes, its traits can be observed and linked, and displaying it
    again adds a view of the same answer. Observers run one after the other on their own thread, at most 12 times per
    second; a slow observer skips to the newest text. The traits describe the version that is shown (see `select`).
    They are outputs: setting one does not change the stream.
    """

    _answer = traitlets.Dict(help="The answer as the page receives it.").tag(sync=True)
    _epoch = traitlets.Int(1).tag(sync=True)
    _seq = traitlets.Int(0).tag(sync=True)

    text = traitlets.Unicode(help="The answer so far, as Markdown.").tag(sync=True)
    reasoning = traitlets.Unicode(help="The model's reasoning so far, if the provider shows it.")
    refusal = traitlets.Unicode(help="The model's refusal so far.")
    status = traitlets.Unicode(
        "queued",
        help="queued, connecting, streaming, calling (tools run or wait for approval), waiting (for a retry), "
        "done, stopped, failed or interrupted.",
    ).tag(sync=True)
    attempt = traitlets.Int(1, help="The number of the attempt, from 1.")
    attempts = traitlets.Int(1, help="How many attempts are made automatically at most.")
    finish_reason = traitlets.Unicode(None, allow_none=True, help="Why the provider ended the answer, or None.")
    usage = traitlets.Instance(dict, allow_none=True, help="The token counts that the provider reported, or None.")
    error = traitlets.Instance(dict, allow_none=True, help="The error card as plain JSON values, or None.")
    origin = traitlets.Dict(help="The model, the API, how the API was chosen, and whether it is a rehearsal.")
    notice = traitlets.Unicode(None, allow_none=True, help="A note about this answer, or None.")
    timings = traitlets.Dict(help="Seconds from the start of the attempt to the first token and to the end.")
    version = traitlets.Int(0, help="The index of the version that is shown, from 0.")
    changed = traitlets.List(traitlets.Unicode(), help="What this version was asked with, as names and values.")
    version_count = traitlets.Int(1, help="The number of versions.")
    prompt = traitlets.Unicode(help="What was asked, as the cell shows it above the answer (show_prompt=True).")
    retry_disabled_reason = traitlets.Unicode(None, allow_none=True, help="Why Retry is not possible, or None.")
    resumable = traitlets.Unicode(
        None, allow_none=True, help="How the answer can be resumed (exact, prefix or continued), or None."
    )
    max_height = traitlets.Int(
        None, allow_none=True, help="The height in pixels above which the answer is folded when it has ended, or None."
    )
    parts = traitlets.Tuple(help="The answer's parts, in order.")

    _follow: Callable[..., StreamCell]
    _secrets: Secrets

    def __init__(
        self,
        source: Source,
        session: Session,
        request: Request | None,
        *,
        client: Any = None,
        unattended: Unattended = "raise",
        shown: bool = True,
        tools: Toolbox | None = None,
        recorder: Recorder | None = None,
        structure: Structure | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        """Connect a source and a session; open the comm now if `shown`. `stream_cell` calls this, then `_start`."""
        Answer.__init__(self, Stream(source, session, self, tools, recorder, structure, endpoint), request)
        self._client = client
        self._tools = tools
        self._published: Mapping[str, Any] = {}
        self._view = self._stream.view
        self._observers = Observers(self, in_place=carrier() is not at_once)
        Displayed.__init__(self, unattended=unattended, shown=shown, **_traits_of(self._stream.view))

    def _start(self) -> None:
        self._stream.post(Start())

    def reply(self, prompt: Any, **options: Any) -> StreamCell:
        """Ask the next question of this conversation in a new cell below, and return that immediately.

        All messages so far go with it, and the version of the answer that is shown: this is `stream_cell(prompt,
        previous=cell, **options)`. So it works with every server, and it continues exactly what you see.

        Args:
            prompt: as for `stream_cell`.
            **options: any argument of `stream_cell`. Model, client, API, instructions, tools and moderator are
                this cell's, unless you give others.

        Raises:
            ValueError: while the answer is streaming, if there is none, or if it did not come from a request.
            TypeError, ValueError, OSError: as `stream_cell`.
        """
        given, options = Veiled(options), {}
        return self._follow(prompt, **given)

    # -- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop the stream and remove all views, as deleting the output does. The cell can be displayed again."""
        stream = getattr(self, "_stream", None)
        if stream is not None and stream.document.current.status not in TERMINAL:
            stream.check_alive()
            stream.post(Stop())
        super().close()

    # -- the sink -----------------------------------------------------------------------------------------------------

    def publish(self, view: View, epoch: int, seq: int) -> None:
        """Mirror a document into the traits immediately. Internal: the driver's thread calls it.

        The page and the observers are informed through the host's carrier, see `delivery`.
        """
        state = {**_traits_of(view), "_epoch": epoch, "_seq": seq}
        self._view = view
        ended = state["status"] in TERMINAL and any(state[name] != self._published.get(name) for name in _ENDS)
        opened = state["version_count"] > 1 and epoch != self._published.get("_epoch")
        self._published = state
        changes = self._observers.set(state)
        if changes or ended or opened:
            self._carry(partial(self._tell, changes, ended, opened))

    def _tell(self, changes: Sequence[traitlets.Bunch], ended: bool, opened: bool) -> None:
        try:
            if self._kept and (ended or opened):
                self._send_kept()
            elif ended and self._shown_in is not None and not self._unattended:
                self._refresh()
        finally:
            self._observers.tell(changes)

    def _send_kept(self) -> None:
        """Send to the pages that save the notebook what they need for it and do not have."""
        view, epoch = self._view, self._published.get("_epoch", 1)
        others = others_of(self._stream.document, view["version"])
        if view["status"] in TERMINAL:
            self.send(Kept(epoch, others, text_of(view["parts"]), markdown_of(view, images=False)).to_wire())
        elif others:
            self.send(Kept(epoch, others).to_wire())

    def notify_change(self, change: Any) -> None:
        """Inform observers of a change, and the page unless patches already carry it."""
        if self._observers.holds(change):
            return
        if change["name"] in _SILENT:
            traitlets.HasTraits.notify_change(self, change)
        else:
            super().notify_change(change)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """Return the synced state, with all the document's traits from one moment although another thread sets them."""
        state = super().get_state(key, drop_defaults)
        published, view = self._published, self._view
        state = {name: published.get(name, value) for name, value in state.items()}
        if key is None or "_answer" in ((key,) if isinstance(key, str) else key):
            lasting = {name: value for name, value in document_of(view).items() if name not in MOMENTARY}
            state["_answer"] = lasting
        return state

    def _take(self, command: Command | None, _content: object) -> None:
        if isinstance(command, Hello) and command.keeps:
            self._send_kept()
        if command is not None and not isinstance(command, Forget):
            self._stream.post(command)

    # -- display ------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Display the cell, in a notebook. A script prints it when it ends."""
        if ipython.is_notebook():
            super()._show()
        else:
            terminal.displayed(self)

    def controls(self, models: Sequence[str] = ()) -> ipywidgets.VBox:
        """Return controls for what the model is asked with, as a box of ordinary widgets, to be displayed anywhere.

        They are the model, the temperature, `top_p`, the maximum of tokens, the seed and the reasoning effort: those
        that the API in use has. What is empty is left out of the request. The button asks again with what was changed,
        as `retry(temperature=…)` does, and the answer so far stays as a version. While the answer streams they are
        disabled. A value that the server refuses is told beside its control. An answer that comes from a recording or
        an iterator cannot be asked for with other values, and the box says so.

        Args:
            models: names to choose from; any other can be typed too.
        """
        return Controls(self, models)

    def _show_controls(self) -> None:
        """Display controls below the cell, if there is somebody to use them."""
        if ipython.is_notebook() and not self._unattended:
            bundle = self.controls()._repr_mimebundle_() or {}
            # Readers without widgets, such as GitHub, would show the plain text: a list of nested names.
            ipython.publish({**bundle, "text/plain": ""}, {}, f"{self._key}-controls")

    def _headed(self) -> list[tuple[str, Any]]:
        return [("", self)]

    def _read(self) -> None:
        terminal.forget(self)

    def _call_follows(self, called: threading.Event) -> None:
        terminal.call_follows(self, called)

    def _saved(self, model_id: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        view = self._stream.view
        return bundle_of(view, self._key, model_id, others_of(self._stream.document, view["version"]))

    def _outcome(self, settled: concurrent.futures.Future[str]) -> str:
        """Return the text, or raise the error. A cell's last line `await cell` need not show the text once more."""
        text = super()._outcome(settled)
        return ShownText(text, ipython.place()) if self._shown_here() else text

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the answer to a file; its suffix says how. A file that exists is replaced, whole or not at all.

        - `.md`: the version that is shown, as Markdown that is safe to open anywhere, with what was asked, the model
          and the time at its head.
        - `.html`: the same as one page without scripts, light or dark as the reader's system, that prints well.
        - `.json`: plain values: `versions` with their parts and numbers, the `request`, and `messages`, the
          conversation with this answer, in the API's own shape. `stream_cell([*json.load(file)["messages"], …])` goes
          on with it. Of attached files there is only a digest.

        What looks like a key is left out, and so are the values in the request whose names say that they are secret.
        While the answer streams, what there is so far is saved, and the file says that it is not finished. Raises
        ValueError for another suffix, and OSError if the file cannot be written.
        """
        stream = self._stream
        document = stream.document
        stats = [stream.stats(at) for at in range(len(document.versions))]
        save_as(path, writers(Answered(self.log.asked, document, stats)), "an answer")

    # -- an unattended run --------------------------------------------------------------------------------------------

    def settle(self) -> BaseException | None:
        """Block until the answer has ended, unless that is not wanted; return what fails the run. Internal."""
        error: BaseException | None = None
        if self._when_unattended != "return":
            if self._stream.needs(running_loop()) and not self._stream.settled.done():
                warnings.warn(
                    "this answer is read on the notebook's event loop, so the run cannot be held for it: "
                    "write `await cell`, or give stream_cell a callable that makes the iterator",
                    RuntimeWarning,
                    stacklevel=1,
                )
            else:
                error = self._stream.settled.exception()
        handled = error is None or isinstance(error, Stopped) or error is self._raised
        return None if handled or self._when_unattended != "raise" else error

    _uncopied = (
        "a StreamCell is a live answer: it cannot be copied, pickled or sent to another process. "
        "Take cell.text, or cell.versions, which are plain values"
    )

    def __repr__(self) -> str:
        """Return one line with the status and the length of the text."""
        return f"<StreamCell {self.status}, {len(self.text):,} characters>"


# Synced for pages that open later and for links in the page; to the other pages, patches carry these traits.
_SILENT: Final = frozenset({"_answer", "_epoch", "_seq", "text", "status"})

# If one of these changes, the saved answer has changed.
_ENDS: Final = ("status", "version", "text")


def _traits_of(view: View) -> dict[str, Any]:
    parts = view["parts"]
    traits = {name: value for name, value in view.items() if name not in (*UNSAVED, "versions")}
    texts = {"text": text_of(parts), **{kind: body_of(parts, kind) for kind in ("reasoning", "refusal")}}
    return {**traits, **texts, "version_count": view["versions"]}
