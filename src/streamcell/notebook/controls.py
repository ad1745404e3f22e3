"""The controls beside a cell: ordinary widgets for what the model is asked with, and a button that asks again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from .. import _words as words
from ..answer.status import TERMINAL
from ..request.parameters import Either
from ..request.tuning import TUNED, Tuned, changes_of, refused_among, told_by, tuned_in

if TYPE_CHECKING:
    from .widget import StreamCell

__all__ = ["Controls"]

_LONGEST: Final = 300  # characters of a server's message beside a control

_APIS: Final[Mapping[str, Either]] = {words.APIS["responses"]: "responses", words.APIS["chat"]: "chat"}


class Controls(ipywidgets.VBox):
    """The controls of one cell, as a box of ordinary widgets: it can be placed anywhere a widget can."""

    def __init__(self, cell: StreamCell, models: Sequence[str] = ()) -> None:
        self._cell = cell
        self._fields = {one.name: _Field(one, models) for one in TUNED}
        self._ask = ipywidgets.Button(description=words.ASK_AGAIN, tooltip=words.ASK_AGAIN_TITLE)
        self._reset = ipywidgets.Button(description=words.RESET, tooltip=words.RESET_TITLE)
        self._note = _Note()
        self._told: object = None
        self._ask.on_click(lambda _button: self._ask_again())
        self._reset.on_click(lambda _button: self._as_asked())
        boxes = [field.box for field in self._fields.values()]
        super().__init__(
            [
                ipywidgets.GridBox(boxes, layout={"grid_template_columns": _COLUMNS, "width": "auto"}),
                ipywidgets.HBox([self._ask, self._reset], layout={"flex_flow": "row wrap"}),
                self._note.widget,
            ],
            layout={"max_width": "100%", "min_width": "0"},
        )
        self._as_asked()
        self._look()
        cell.observe(self._look, ["status", "origin", "version_count"])

    @property
    def _asked(self) -> tuple[str | None, Mapping[str, Any]]:
        request = self._cell.request
        return (None, {}) if request is None else (request.model, request.params)

    def _as_asked(self) -> None:
        """Let the controls say what the first request says."""
        model, params = self._asked
        for field in self._fields.values():
            field.text.value = told_by(field.tuned, model, params)
            field.note.say("")

    def _look(self, _change: object = None) -> None:
        """Show what can be asked for now, and what the newest version's server has refused."""
        cell = self._cell
        version = cell.versions[-1]
        why_not = cell.changes_disabled_reason
        disabled = why_not is not None or cell.status not in TERMINAL
        shown = tuned_in(_APIS.get(version.origin.api))
        for field in self._fields.values():
            field.show(field.tuned in shown, disabled=disabled)
        self._fields["model"].text.placeholder = version.origin.model or words.DEFAULT
        self._ask.disabled = self._reset.disabled = disabled
        if why_not is not None:
            self._note.say(words.cannot_tune(why_not))
        if version.error is self._told:
            return
        self._told = version.error
        for field in self._fields.values():
            field.note.say("")
        if version.error is not None:
            name = refused_among(version.error.error_kind, version.error.detail)
            if name is not None:
                self._fields[name].note.say(words.refused_value(version.error.detail))

    def _ask_again(self) -> None:
        model, params = self._asked
        self._note.say("")
        texts = {name: field.text.value for name, field in self._fields.items() if field.is_shown}
        try:
            changes = changes_of(texts, model, params)
        except ValueError as error:
            self._fields[str(error)].check()
            return
        try:
            self._cell.retry(**changes)
        except (RuntimeError, TypeError, ValueError) as error:
            self._note.say(str(error))
        self._look()


_COLUMNS: Final = "repeat(auto-fit, minmax(min(100%, 230px), 1fr))"


class _Note:
    """A line of plain text that is told to screen readers when it comes; nothing while it is empty."""

    def __init__(self) -> None:
        self.widget = ipywidgets.HTML(layout={"display": "none", "margin": "0 2px 4px"})

    def say(self, text: str) -> None:
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        self.widget.value = f'<div role="alert" style="{_LOOK}">{escape(text)}</div>' if text else ""
        self.widget.layout.display = None if text else "none"


_LOOK: Final = "color: var(--jp-error-color1, #b3261e); line-height: 1.35; overflow-wrap: anywhere"


class _Field:
    """One parameter: a text that may be empty, with values to choose from, and what is wrong with it below."""

    def __init__(self, tuned: Tuned, models: Sequence[str]) -> None:
        label, hint = words.TUNED[tuned.name]
        self.tuned = tuned
        self.note = _Note()
        self.text = ipywidgets.Combobox(
            description=label,
            options=tuple(models) if tuned.name == "model" else tuned.usual,
            placeholder=words.DEFAULT,
            tooltip=hint,
            layout={"width": "auto", "min_width": "0"},
            style={"description_width": "46%"},
        )
        self.box = ipywidgets.VBox([self.text, self.note.widget], layout={"min_width": "0"})
        self.text.observe(lambda _change: self.check(), "value")

    @property
    def is_shown(self) -> bool:
        return bool(self.box.layout.display != "none")

    def show(self, shown: bool, *, disabled: bool) -> None:
        self.box.layout.display = None if shown else "none"
        self.text.disabled = disabled

    def check(self) -> None:
        """Say what is wrong with the text as it is now."""
        try:
            self.tuned.read(self.text.value)
        except ValueError:
            self.note.say(words.NOT_READ[self.tuned.kind])
        else:
            self.note.say("")
