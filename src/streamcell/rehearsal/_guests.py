"""Decides who can send requests: local programs, and web pages from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


def refusal_of(headers: Mapping[str, str]) -> str | None:
    """Why this request is refused, or None.

    A page from another site can reach 127.0.0.1 from the user's browser, but then its `Origin` header shows the site.
    If the site's name was pointed at 127.0.0.1 (DNS rebinding), the `Host` header shows the name.
    """
    host, origin = headers.get("Host", ""), headers.get("Origin")
    if host and not _is_here(f"//{host}"):
        return "This server answers on 127.0.0.1 and localhost only; the request's Host header has another name."
    from_elsewhere = headers.get("Sec-Fetch-Site") == "cross-site" if origin is None else not _is_here(origin)
    return "This server does not answer web pages of another site." if from_elsewhere else None


def _is_here(address: str) -> bool:
    try:
        name = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return name in ("127.0.0.1", "localhost", "::1") or name.endswith(".localhost")
