"""Describes a request as a recording has it: without secrets and without the data of files, and with a digest. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from .._errors import without_keys
from .request import Request

__all__ = ["described", "difference", "key_of", "secrets_in"]

_SECRET: Final = re.compile(
    r"api[-_]?key|secret|passw|credential|authori[sz]ation|cookie|bearer"
    r"|(?:access|auth|refresh|session|id|client|security)[-_]?token|^(?:key|token)$",
    re.IGNORECASE,
)
"""Names of fields whose values are secrets."""

_NOT_RECORDED: Final = ("extra_headers", "extra_query", "timeout")
"""Parameters that say how a request travels, and not what is asked."""

_LEAST: Final = 6  # characters of a value that is looked for in other texts: a shorter one occurs in any text

_DATA: Final = re.compile(r"(data:[^,]{0,200};base64,)?([A-Za-z0-9+/_\-\s]{1000,}={0,2})")
"""A file in base64, as a data URL or as it is."""


def secrets_in(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the values in a request's body whose names say that they are secrets."""
    for name, value in params.items():
        if name not in _NOT_RECORDED and name != "tools":  # a schema may describe a field with such a name
            yield from _secrets({name: value})


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            if isinstance(one, str) and len(one) >= _LEAST and _SECRET.search(str(name)):
                yield one
            yield from _secrets(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _secrets(one)


def described(request: Request, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Return what `request` asks, as JSON values, with its `key`.

    `secrets` are replaced by `…`, as are values whose names say that they are secrets, and everything shaped like a
    key. Of a file's data only the digest and the length are kept. Headers and the query of the address are left out.
    """
    known = (*secrets, *secrets_in(request.params))
    params = {name: value for name, value in request.params.items() if name not in _NOT_RECORDED}
    found: dict[str, Any] = {
        "messages": [_clean(dict(message), known) for message in request.messages],
        "instructions": _clean(request.instructions, known),
        "model": _clean(request.model, known),
        "api": request.api,
        "params": _clean(_veiled(params), known),
    }
    return {"key": key_of(found), **found}


def key_of(asked: Mapping[str, Any]) -> str:
    """Return the digest of what was asked: equal for equal requests, whatever the order of their fields."""
    written = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(written.encode(), digest_size=16).hexdigest()


def _veiled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: "…" if _SECRET.search(str(name)) else _veiled(one) for name, one in value.items()}
    return [_veiled(one) for one in value] if isinstance(value, (list, tuple)) else value


def _clean(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return without_keys(_DATA.sub(_digest, value), secrets)
    if isinstance(value, Mapping):
        return {without_keys(str(name), secrets): _clean(one, secrets) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(one, secrets) for one in value]
    return value


def _digest(found: re.Match[str]) -> str:
    data = found[2]
    return f"{found[1] or ''}blake2b:{hashlib.blake2b(data.encode(), digest_size=16).hexdigest()}:{len(data)}"


def difference(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of what differs: `prompt`, `instructions`, `model`, `api`, or a parameter's name."""
    names = {"messages": "prompt", "instructions": "instructions", "model": "model", "api": "api"}
    found = [said for name, said in names.items() if recorded.get(name) != asked.get(name)]
    before, now = recorded.get("params"), asked.get("params")
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        found += [str(name) for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    return tuple(found)
