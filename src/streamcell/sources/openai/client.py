"""OpenAI clients for each attempt: copies of the user's client with HTTP clients of our loop, never shared."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import os
import re
import secrets
import weakref
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ... import _words as words
from ..._errors import AuthenticationFailed, BadRequest, ConnectionFailed, Step, StreamCellError
from ...request.described import secrets_in
from ...request.parameters import Server
from ...request.veiled import Secrets, Veiled
from ..iterables.bridge import in_thread
from .failures import bare, is_local

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = [
    "address_of",
    "check_client",
    "client_for",
    "digest_of",
    "flaw_of",
    "has_own_http_client",
    "known_secrets",
    "secrets_of",
    "server_of",
]

_SALT: Final = secrets.token_bytes(16)

_ENVIRONMENT: Final = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID")

_REHEARSAL_KEY: Final = "rehearsal"

_NO_KEYS: Final = ("<missing API key>", "workload-identity-auth")
"""The values that the SDK uses as the key of a client without one."""

_WORDS: Final = frozenset(
    {"rehearsal", "none", "null", "empty", "dummy", "test", "fake", "unused", "anything", "placeholder", "local"}
    | {"ollama", "lm-studio", "vllm", "openai", "not-needed", "no-key", "sk-no-key-required"}
    | {"key", "api-key", "api_key", "token", "secret", "password"}
)
"""Placeholders for servers that need no key. They are not secret, and masking them would remove words from messages."""

_CARRIES_KEY: Final = re.compile(r"auth|key|token|secret|password|cookie", re.IGNORECASE)
"""Names of headers and query parameters whose values count as keys, if they have at least `_LEAST` characters."""
_LEAST: Final = 8


# Open connections belong to the loop that opened them, and cookies to the client that received them. So each loop has
# an HTTP client for each of the user's clients. The weak reference is compared too, because an id can be reused, and
# the entry is removed together with the user's client.
@dataclass
class _Pools:
    of_clients: dict[int, tuple[weakref.ref[Any], Any]] = field(default_factory=dict)
    ours: dict[Hashable, Any] = field(default_factory=dict)


_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Pools] = weakref.WeakKeyDictionary()


def check_client(client: object) -> None:
    """Raise TypeError unless requests can be made with a copy of `client` on our loop. Imports nothing new."""
    sdk = next((one for one in type(client).__mro__ if one.__module__.partition(".")[0] == "openai"), None)
    names = set() if sdk is None else {one.__name__ for one in sdk.__mro__}
    if "AsyncOpenAI" in names:
        _check_copy(client, sdk)
        return
    given: Any = client
    if sdk is None or "OpenAI" not in names:
        hint = "make one with openai.AsyncOpenAI(...)"
    elif sdk.__name__ != "OpenAI":
        hint = f"use Async{sdk.__name__}"
    elif type(client) is not sdk:
        hint = "a class derived from OpenAI cannot be used from an event loop; derive it from AsyncOpenAI"
    elif type(given._client).__name__ != "SyncHttpxClientWrapper":
        raise TypeError(
            "client is an openai.OpenAI with an http_client of its own (a proxy, certificates, a transport), which "
            "cannot be used from an event loop: give an openai.AsyncOpenAI, with an async HTTP client of the same "
            "settings as its http_client"
        )
    else:
        return
    raise TypeError(f"client must be an openai.AsyncOpenAI (or OpenAI), not {type(client).__name__}: {hint}")


def client_with(key: Veiled) -> AsyncOpenAI | None:
    """Return a client with the key `api_key`, or the function that returns one; all else is the environment's.

    It is None if that is None. Raises TypeError for what is no key; neither the message nor a local shows it.
    """
    kind = type(key["api_key"])
    if key["api_key"] is None:
        return None
    if not callable(key["api_key"]) and not (issubclass(kind, str) and key["api_key"]):
        raise TypeError(f"api_key must be a function that returns the key, or the key, not {kind.__name__}")
    import openai

    return openai.AsyncOpenAI(api_key=key["api_key"])


def _check_copy(client: Any, sdk: type | None) -> None:
    """Raise TypeError for a user's own class whose constructor differs from the SDK's: it cannot be copied."""
    if type(client) is sdk:
        return
    try:
        client.with_options(max_retries=0)
    except TypeError as error:
        raise TypeError(
            f"client is a {type(client).__name__}, which its with_options() cannot copy ({error}): let its __init__ "
            "take what openai.AsyncOpenAI takes, or give an openai.AsyncOpenAI"
        ) from error


async def client_for(client: AsyncOpenAI | OpenAI | None, base_url: str | None) -> AsyncOpenAI:
    """Return the client for one attempt, for use on the running loop.

    `client` is the user's own, which may belong to another loop. It is copied now, so that a changed key or address is
    used, and a key provider is called. The copy has an HTTP client of this loop, unless the user gave one (for a proxy
    or a transport), which is kept. With `base_url`, the client goes there with a dummy key, for the rehearsal server.
    Otherwise the SDK's environment variables are used, so that a key that was set after a failure is found.

    Raises openai.OpenAIError without a key, and AuthenticationFailed if a key provider returns none.
    """
    import openai

    if client is not None:
        return _copy_of(client, await _credentials(client))
    pools = _pools_of_loop().ours
    key = base_url or tuple(os.environ.get(name) for name in _ENVIRONMENT)
    if key not in pools:
        # A local server is reached without the environment's proxy, even if its settings are invalid.
        address = base_url or os.environ.get("OPENAI_BASE_URL", "")
        pools[key] = _http_client(trust_env=not (address.lower().startswith("http://") and is_local(address)))
    if base_url is not None:
        return openai.AsyncOpenAI(api_key=_REHEARSAL_KEY, base_url=base_url, max_retries=0, http_client=pools[key])
    return openai.AsyncOpenAI(max_retries=0, http_client=pools[key])


def _pools_of_loop() -> _Pools:
    return _pools.setdefault(asyncio.get_running_loop(), _Pools())


def _http_client(**options: Any) -> Any:
    """Return an HTTP client like the SDK's, but without the environment's proxy for this machine.

    Raises ConnectionFailed if the environment's settings are invalid.
    """
    import openai

    try:
        return openai.DefaultAsyncHttpxClient(mounts=_NO_PROXY, **options)
    except Exception as error:  # noqa: BLE001  # the HTTP library has its own errors for invalid addresses
        raise _unusable(error) from bare(error, Secrets())


_NO_PROXY: Final = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "*.localhost", "[::1]")}


def _unusable(error: Exception) -> ConnectionFailed:
    """Return the error for invalid settings in the environment: proxies or certificates."""
    if isinstance(error, ImportError):
        step = Step(*words.INSTALL_SOCKS)
        return ConnectionFailed(words.NO_SOCKS, kind="proxy", title=words.PROXY_UNUSABLE, steps=(step,))
    if isinstance(error, OSError):
        names = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
        places = " and ".join(f"{name}={os.environ[name]}" for name in names) or words.SYSTEM_CERTIFICATES
        detail = words.certificates_unreadable(places, error)
        step = Step(words.CORRECT_VARIABLE)
        return ConnectionFailed(detail, kind="tls", title=words.CERTIFICATES_UNREADABLE, steps=(step,))
    step = Step(words.CORRECT_PROXY)
    return ConnectionFailed(words.proxy_unusable(error), kind="proxy", title=words.PROXY_UNUSABLE, steps=(step,))


def _pool_of(client: AsyncOpenAI | OpenAI) -> Any:
    """Return this loop's HTTP client for one of the user's clients."""
    pools = _pools_of_loop().of_clients
    owner, pool = pools.get(id(client), (None, None))
    if owner is None or owner() is not client:
        pool = _http_client(timeout=client.timeout)
        pools[id(client)] = (weakref.ref(client), pool)
        loop = weakref.ref(asyncio.get_running_loop())
        weakref.finalize(client, _retire, pools, id(client), loop).atexit = False
    return pool


def _retire(
    pools: dict[int, tuple[weakref.ref[Any], Any]], key: int, loop: weakref.ref[asyncio.AbstractEventLoop]
) -> None:
    """Close the HTTP client of a client that no longer exists, on its own loop: it may have open connections."""
    owner, pool = pools[key]
    if owner() is not None:  # the id was reused
        return
    del pools[key]
    alive = loop()
    if alive is not None and not alive.is_closed():
        asyncio.run_coroutine_threadsafe(pool.aclose(), alive)


def has_own_http_client(client: AsyncOpenAI | OpenAI) -> bool:
    """Whether the user gave the HTTP client of an async client: the SDK's own has a private class."""
    async_client = any(one.__name__ == "AsyncOpenAI" for one in type(client).__mro__)
    return async_client and type(client._client).__name__ != "AsyncHttpxClientWrapper"


async def _credentials(client: Any) -> dict[str, str]:
    """Ask the client's key provider, if it has one; what is returned are options of the SDK's `with_options`."""
    token_provider = getattr(client, "_azure_ad_token_provider", None)
    if token_provider is not None and getattr(client, "_azure_ad_token", None) is None:
        return {"azure_ad_token": await _key_from(token_provider)}
    provider = getattr(client, "_api_key_provider", None)
    return {} if provider is None else {"api_key": await _key_from(provider)}


async def _key_from(provider: Callable[[], Any]) -> str:
    """Call a key provider: a coroutine function on this loop, anything else on a thread, where it may block."""
    try:
        made = provider() if inspect.iscoroutinefunction(provider) else await in_thread(provider)
        key = await made if inspect.isawaitable(made) else made
    except Exception as error:
        raise _no_key(words.key_provider_raised(f"{type(error).__name__}: {error}")) from error
    if not isinstance(key, str) or not key:
        raise _no_key(words.key_provider_gave(key))
    return key


def _no_key(detail: str) -> AuthenticationFailed:
    step = Step(words.CORRECT_KEY_PROVIDER)
    return AuthenticationFailed(detail, title=words.NO_KEY_FROM_PROVIDER, steps=(step,))


def _copy_of(client: Any, credentials: dict[str, str]) -> AsyncOpenAI:
    import openai

    fresh: Any
    if isinstance(client, openai.AsyncOpenAI):
        options: dict[str, Any] = {**credentials, "max_retries": 0}
        if not has_own_http_client(client):
            options["http_client"] = _pool_of(client)
        fresh = client.with_options(**options)
        # Release 2 of the SDK does not copy these, which decide the addresses of the deployment.
        for name in ("_azure_endpoint", "_azure_deployment"):
            if hasattr(client, name):
                setattr(fresh, name, getattr(client, name))
    else:
        fresh = openai.AsyncOpenAI(
            **_authentication(client, credentials),
            timeout=client.timeout,
            max_retries=0,
            default_headers=client._custom_headers,
            default_query=client._custom_query,
            http_client=_pool_of(client),
        )
    # For None, the SDK reads its environment variables, which may have been set after the client was made.
    fresh.organization, fresh.project = client.organization, client.project
    return fresh  # type: ignore[no-any-return]  # the SDK's own type, by either way


def _authentication(client: Any, credentials: dict[str, str]) -> dict[str, Any]:
    """Return the credentials of a synchronous client, as options of an async one."""
    if getattr(client, "_provider", None) is not None:
        return {"provider": client._provider}
    if getattr(client, "workload_identity", None) is not None:
        return {"workload_identity": client.workload_identity, "base_url": client.base_url}
    return {"api_key": client.api_key, "base_url": client.base_url, **credentials}


def address_of(client: AsyncOpenAI) -> str:
    """Return the client's base URL, without a password."""
    parts = urlsplit(str(client.base_url))
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}".rstrip("/")


def server_of(client: AsyncOpenAI) -> Server:
    """Return which kind of server the client uses: OpenAI (also its regional hosts), Azure OpenAI, or another one."""
    host = urlsplit(str(client.base_url)).hostname or ""
    if host == "api.openai.com" or host.endswith(".api.openai.com"):
        return "openai"
    azure = host.endswith((".openai.azure.com", ".services.ai.azure.com"))
    return "azure" if azure or type(client).__name__ == "AsyncAzureOpenAI" else "other"


def _key_of(client: Any) -> str:
    """Return the key that a copy sends, or an empty string if it has none, or gets one for each request."""
    token = getattr(client, "_azure_ad_token", None)
    key = client.api_key if token is None else token
    return key if isinstance(key, str) and key not in _NO_KEYS else ""


def _keys_of(client: Any, *more: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every key of a copy: its own, and those in its default headers and query, and in `more`."""
    told = (field for fields in (client._custom_headers, client._custom_query, *more) for field in fields.items())
    others = [value for name, value in told if isinstance(value, str) and _CARRIES_KEY.search(name)]
    # Servers often echo the key alone, without "Bearer" before it.
    parts = (part for one in others for part in one.split() if len(part) >= _LEAST)
    return tuple(key for key in dict.fromkeys((_key_of(client), *parts)) if key)


def digest_of(client: AsyncOpenAI) -> str:
    """Return a digest that distinguishes this client's key from others; the key cannot be recovered from it."""
    return hashlib.blake2b("\n".join(_keys_of(client)).encode(), digest_size=8, key=_SALT).hexdigest()


def secrets_of(client: AsyncOpenAI, params: Mapping[str, Any]) -> Secrets:
    """Return the secrets that must not appear in any message: of the client, its address, and a request's fields."""
    own = [fields for name in ("extra_headers", "extra_query") if (fields := params.get(name)) is not None]
    password = urlsplit(str(client.base_url)).password
    found = (*_keys_of(client, *own), *([password] if password else []), *secrets_in(params))
    return Secrets(key for key in found if key.lower() not in _WORDS and key.lower() not in ("bearer", "basic"))


def known_secrets(client: AsyncOpenAI | OpenAI | None, params: Mapping[str, Any]) -> Secrets:
    """Return the secrets that are known when a request is made: of a client that was given, or of the environment."""
    if client is not None:
        given: Any = client
        return secrets_of(given, params)
    own = [fields for name in ("extra_headers", "extra_query") if (fields := params.get(name)) is not None]
    told = (value for fields in own for name, value in fields.items() if _CARRIES_KEY.search(name))
    parts = (part for one in told if isinstance(one, str) for part in one.split() if len(part) >= _LEAST)
    key = os.environ.get("OPENAI_API_KEY", "")
    found = (key, *parts, *secrets_in(params))
    return Secrets(one for one in found if one and one.lower() not in _WORDS and one.lower() not in ("bearer", "basic"))


def flaw_of(client: AsyncOpenAI) -> StreamCellError | None:
    """Return the error for invalid settings of a client, or None: during a request they would fail obscurely."""
    parts = urlsplit(str(client.base_url))
    if parts.scheme not in ("http", "https"):
        return BadRequest(words.no_scheme(address_of(client)))
    key = _key_of(client)
    if not key.isascii():
        return AuthenticationFailed(words.KEY_NOT_ASCII)
    if any(mark.isspace() for mark in key):
        return AuthenticationFailed(words.KEY_WITH_SPACE)
    return None
