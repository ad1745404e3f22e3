"""The parameters that a user tries out with controls: how each is read from a text, and which one was refused. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from .parameters import Either, apis_of

__all__ = ["TUNED", "Tuned", "changes_of", "refused_among", "told_by", "tuned_in"]


@dataclass(frozen=True)
class Tuned:
    """One parameter that has a control.

    `names` are those that a request can have it under, the usual one first; `said` are other words for it in servers'
    messages. `kind` is what its text is read as, and `usual` are values to choose from.
    """

    names: tuple[str, ...]
    kind: Literal["word", "number", "whole"]
    least: float | None = None
    said: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name under which it is asked for."""
        return self.names[0]

    def read(self, text: str) -> str | int | float | None:
        """Return the value that a text means: None for an empty one. Raises ValueError, without words for the user."""
        text = text.strip()
        if not text:
            return None
        if len(text) > _LONGEST:
            raise ValueError
        if self.kind == "word":
            return text
        if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            value: int | float = int(text)
        elif self.kind == "whole":
            raise ValueError
        else:
            value = float(text.replace(",", "."))
        if not math.isfinite(value) or (self.least is not None and value < self.least):
            raise ValueError
        return value


_LONGEST: Final = 200  # characters of a value

TUNED: Final = (
    Tuned(("model",), "word"),
    Tuned(("temperature",), "number", 0, usual=("0", "0.3", "0.7", "1", "1.5")),
    Tuned(("top_p",), "number", 0, usual=("0.1", "0.5", "0.9", "1")),
    Tuned(
        ("max_output_tokens", "max_tokens", "max_completion_tokens"), "whole", 1, usual=("50", "200", "1000", "4000")
    ),
    Tuned(("seed",), "whole", usual=("1", "2", "3")),
    Tuned(
        ("reasoning_effort",),
        "word",
        said=("reasoning.effort", "effort"),
        usual=("none", "minimal", "low", "medium", "high"),
    ),
)
"""What has a control, in the order in which the controls are shown."""


def tuned_in(api: Either | None) -> tuple[Tuned, ...]:
    """Return what can be tuned in an API; if it is not known yet (None), what both of them have."""
    wanted = {"responses", "chat"} if api is None else {api}
    return tuple(one for one in TUNED if one.name == "model" or wanted <= set(apis_of(one.name, 1)))


def told_by(tuned: Tuned, model: str | None, params: Mapping[str, Any]) -> str:
    """Return the text of a control at first: what the request says, or an empty one for the default."""
    if tuned.name == "model":
        return model or ""
    value = next((params[name] for name in tuned.names if name in params), None)
    if tuned.name == "reasoning_effort" and value is None:
        value = _effort(params)
    return "" if value is None or isinstance(value, (bool, Mapping, list)) else str(value)


def _effort(params: Mapping[str, Any]) -> Any:
    """Return the effort in `reasoning=`, which is how the Responses API says it."""
    reasoning = params.get("reasoning")
    return reasoning.get("effort") if isinstance(reasoning, Mapping) else None


def changes_of(texts: Mapping[str, str], model: str | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `retry` must be given for these texts: what they say differently from the request.

    `texts` are by the names of `TUNED`; what is missing is not changed. A text that is empty, but was not, leaves the
    parameter out. The model cannot be left out: an empty text means that of the request. Raises ValueError with the
    name of a control whose text cannot be read.
    """
    changes: dict[str, Any] = {}
    for one in TUNED:
        before = told_by(one, model, params)
        text = texts.get(one.name, before).strip()
        if text == before or (one.name == "model" and not text):
            continue
        try:
            value = one.read(text)
        except ValueError:
            raise ValueError(one.name) from None
        if one.name == "reasoning_effort" and _effort(params) is not None:
            rest = {name: said for name, said in params["reasoning"].items() if name != "effort"}
            changes["reasoning"] = {**rest, **({} if value is None else {"effort": value})} or None
        else:
            changes[next((name for name in one.names if name in params), one.name)] = value
    return changes


def refused_among(kind: str, detail: str) -> str | None:
    """Return the name of the control whose parameter a server refused, by the error's kind and words; None: none.

    The parameter that is named first counts: servers name others later, as what to use in its place.
    """
    if kind == "model_not_found":
        return "model"
    if kind != "bad_request":
        return None
    places = [
        (found.start(), one.name)
        for one in TUNED
        for word in (*one.names, *one.said)
        if one.name != "model" and (found := re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", detail, re.IGNORECASE))
    ]
    return min(places)[1] if places else None
