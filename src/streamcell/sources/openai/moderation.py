"""OpenAI's moderation endpoint as a moderator, asked through a copy of the answer's client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ... import _words as words
from ..._errors import StreamCellError
from ...answer.moderation import Undecided
from ..http.requests import requested
from ..iterables.bridge import running_loop
from .client import client_for, has_own_http_client

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["ModerationEndpoint"]

_MODEL: Final = "omni-moderation-latest"
_RETRIES: Final = 2  # by the SDK, within the time limit of the call


class ModerationEndpoint:
    """Judges texts with `POST /moderations`. `client` and `start_server`: see `OpenAISource`.

    `home` is the loop that it must be used on, or None for any.
    """

    def __init__(self, client: AsyncOpenAI | OpenAI | None, start_server: Callable[[], str] | None = None) -> None:
        self._client = client
        self._start_server = start_server
        self.home = running_loop() if client is not None and has_own_http_client(client) else None

    async def judge(self, text: str) -> Any:
        """Return the endpoint's answer. Raises Undecided, with words that do not quote the text."""
        import openai

        try:
            base_url = None if self._start_server is None else await asyncio.to_thread(self._start_server)
            client = await client_for(self._client, base_url)
            client = client.with_options(max_retries=_RETRIES)
            return await requested(client.moderations.create(model=_MODEL, input=text))
        except openai.APIStatusError as error:
            raise Undecided(words.endpoint_answered(error.status_code)) from None
        except openai.APIConnectionError:
            raise Undecided(words.ENDPOINT_UNREACHABLE) from None
        except (openai.OpenAIError, StreamCellError, ValueError) as error:
            raise Undecided(words.endpoint_failed(type(error).__name__)) from None
