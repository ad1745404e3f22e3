"""OpenAI clients of our own loop: made once, kept, never shared across loops."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import weakref
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .._errors import AuthenticationFailed, BadRequest, StreamCellError

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = [
    "address_of",
    "check_client",
    "client_for",
    "digest_of",
    "flaw_of",
    "has_own_http_client",
    "is_openai",
    "secrets_of",
]

_SALT: Final = secrets.token_bytes(16)

_ENVIRONMENT: Final = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")

# One client a loop, never one across loops: a kept connection belongs to the loop that opened it. A user's client is
# known by its identity, and its copy goes with it.
_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, AsyncOpenAI]] = (
    weakref.WeakKeyDictionary()
)


def check_client(client: object) -> None:
    """Raise TypeError unless `client` is an OpenAI SDK client whose copy can run on our loop. Imports nothing new."""
    names = {one.__name__ for one in type(client).__mro__ if one.__module__.partition(".")[0] == "openai"}
    if "AsyncOpenAI" in names or ("OpenAI" in names and "AzureOpenAI" not in names):
        return
    hint = "use AsyncAzureOpenAI" if "AzureOpenAI" in names else "make one with openai.AsyncOpenAI(...)"
    raise TypeError(f"client must be an openai.AsyncOpenAI (or OpenAI), not {type(client).__name__}: {hint}")


def client_for(client: AsyncOpenAI | OpenAI | None, base_url: str | None) -> AsyncOpenAI:
    """Return the client to use on the running loop; to be called there.

    `client` is the user's own, which may belong to another loop: it is copied, with an HTTP client of its own, unless
    its HTTP client was made by the user (a proxy, a transport): that one is kept. With `base_url` the client goes there
    with a dummy key (the rehearsal server wants none). Otherwise the SDK's variables count, read anew each time, so
    that a key given after a failure is found.

    Raises openai.OpenAIError where there is no key.
    """
    import openai

    loop = asyncio.get_running_loop()
    kept = _clients.setdefault(loop, {})
    key: Hashable
    if client is not None:
        key = id(client)
        if key not in kept:
            kept[key] = _copy_of(client)
            if not has_own_http_client(client):
                weakref.finalize(client, _retire, kept, key, weakref.ref(loop)).atexit = False
    elif base_url is not None:
        key = base_url
        if key not in kept:
            kept[key] = openai.AsyncOpenAI(api_key="rehearsal", base_url=base_url, max_retries=0)
    else:
        key = tuple(os.environ.get(name) for name in _ENVIRONMENT)
        if key not in kept:
            kept[key] = openai.AsyncOpenAI(max_retries=0)
    return kept[key]


def _retire(kept: dict[Hashable, AsyncOpenAI], key: Hashable, loop: weakref.ref[asyncio.AbstractEventLoop]) -> None:
    """Close the copy of a client that is gone, on the copy's own loop: it may hold open connections."""
    client, alive = kept.pop(key, None), loop()
    if client is not None and alive is not None and not alive.is_closed():
        asyncio.run_coroutine_threadsafe(client.close(), alive)


def has_own_http_client(client: AsyncOpenAI | OpenAI) -> bool:
    """Whether the HTTP client of an async client is the user's: the SDK's own are of its private subclass."""
    async_client = any(one.__name__ == "AsyncOpenAI" for one in type(client).__mro__)
    return async_client and type(client._client).__name__ != "AsyncHttpxClientWrapper"


def _copy_of(client: Any) -> AsyncOpenAI:
    import openai

    fresh: AsyncOpenAI
    if isinstance(client, openai.AsyncOpenAI):
        kept = has_own_http_client(client)
        options: Any = {} if kept else {"http_client": openai.DefaultAsyncHttpxClient(timeout=client.timeout)}
        fresh = client.with_options(max_retries=0, **options)
        return fresh
    return openai.AsyncOpenAI(
        api_key=client.api_key,
        organization=client.organization,
        project=client.project,
        base_url=client.base_url,
        timeout=client.timeout,
        max_retries=0,
        default_headers=client._custom_headers,
        default_query=client._custom_query,
    )


def address_of(client: AsyncOpenAI) -> str:
    """Return the client's base URL, without a password."""
    parts = urlsplit(str(client.base_url))
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}".rstrip("/")


def is_openai(client: AsyncOpenAI) -> bool:
    """Whether the client talks to OpenAI itself, regional hosts included."""
    host = urlsplit(str(client.base_url)).hostname or ""
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def digest_of(client: AsyncOpenAI) -> str:
    """Return what tells this client's key from others, and from which it cannot be known."""
    return hashlib.blake2b((client.api_key or "").encode(), digest_size=8, key=_SALT).hexdigest()


def secrets_of(client: AsyncOpenAI) -> tuple[str, ...]:
    """Return what must appear in no message."""
    key = client.api_key
    return (key,) if key and key != "rehearsal" else ()


def flaw_of(client: AsyncOpenAI) -> StreamCellError | None:
    """Return what is wrong with a client's settings before a request: such flaws fail late and obscurely."""
    scheme = urlsplit(str(client.base_url)).scheme
    if scheme not in ("http", "https"):
        return BadRequest(f"The base URL has no http:// or https:// in front: {address_of(client)}")
    key = client.api_key
    if not key.isascii():
        return AuthenticationFailed("The key holds a character that no key has (not ASCII); it was not sent.")
    if any(mark.isspace() for mark in key):
        return AuthenticationFailed("The key holds white space, perhaps a line break at its end; it was not sent.")
    return None
