"""`stream_chat`: validate the arguments, build the conversation and show it; continue one that was saved."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ._api import check_call, stream_cell, unattended_of
from .engine.handle import running_loop
from .notebook.chat import StreamChat
from .request.history import History, TrimPolicy, check_trim
from .request.veiled import Veiled
from .sources.openai.client import has_own_http_client
from .sources.openai.conversation import in_form_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI
    from typing_extensions import Unpack

    from ._saved_chats import SavedChat
    from .answer.parts import ShowReasoning
    from .answer.resume import Prefix
    from .answer.retry import RetryPolicy
    from .answer.timeouts import Timeouts
    from .engine.toolbox import Approve
    from .notebook.ipython import Unattended
    from .notebook.widget import StreamCell
    from .request.messages import Message
    from .request.parameters import Parameters

__all__ = ["stream_chat"]


class _StreamChat:
    """Show a conversation: its turns, and an input at its foot. Returns it immediately; the kernel stays free.

    `stream_chat(model=…)` makes one, `chat.send("…")` asks in it from code, `stream_chat.load("x.json")` continues one
    that `chat.save("x.json")` has written. `docs/chat.md` has more.
    """

    __name__ = "stream_chat"

    def __call__(
        self,
        model: str | None = None,
        *,
        client: AsyncOpenAI | OpenAI | None = None,
        api: str = "auto",
        instructions: str | None = None,
        messages: Sequence[Any] | None = None,
        trim: TrimPolicy | None = None,
        retry: RetryPolicy | int | None = None,
        timeouts: Timeouts | None = None,
        auto_resume: bool | None = None,
        prefix: Prefix | None = None,
        tools: Sequence[Any] | None = None,
        approve: bool | Approve | None = None,
        max_rounds: int = 8,
        tool_timeout: float = 60.0,
        display: bool = True,
        unattended: Unattended | None = None,
        show_reasoning: ShowReasoning | None = None,
        moderator: Any = None,
        **params: Unpack[Parameters],
    ) -> StreamChat:
        """Show a conversation, and return it immediately; the kernel stays free.

        In its input Enter sends, and Shift+Enter breaks the line. An earlier question can be edited, which begins a
        branch. Each answer is a cell, with all that a cell has.

        Args:
            model: the model's name, as for `stream_cell`.
            client: as for `stream_cell`.
            api: as for `stream_cell`.
            instructions: the system message: how to answer. It goes with every question.
            messages: a conversation so far, such as another chat's `messages`. Its turns are shown; nothing is asked.
                System messages at its beginning are the instructions, unless you give others.
            trim: what goes to the model when the conversation grows. None: everything. A number: as many of the newest
                turns as fit into so many tokens, the question and the instructions included. `Trim(turns=10)` or
                `Trim(tokens=8000)`. Or a function that gets all messages and returns those to send; the newest question
                must stay last. No call of a tool is separated from its result. The turn says what was left out.
            retry: as for `stream_cell`, like all that follow.
            timeouts: see `Timeouts`.
            auto_resume: whether an interrupted answer resumes automatically.
            prefix: how the server can be asked to continue an answer.
            tools: what the model may call.
            approve: whether calls run without asking.
            max_rounds: how many rounds of calls an answer may have.
            tool_timeout: how many seconds a call may run.
            display: whether to show the conversation now.
            unattended: what happens at the end of each notebook cell when no user is present.
            show_reasoning: when the model's reasoning is unfolded.
            moderator: who judges the answers while they stream.
            **params: parameters of both APIs, for every turn.

        Raises:
            TypeError, ValueError: for invalid arguments. What only a request can show to be wrong is raised by `send`.
        """
        params = cast("Any", Veiled(params))  # a traceback that shows locals must not show a key in extra_headers
        refused = next((name for name in params if name in _OF_CELLS), None)
        if refused is not None:
            why = "is for a single cell" if refused in _NOT_IN_A_CHAT else f"is given to chat.send(…, {refused}=…)"
            raise TypeError(f"stream_chat has no {refused}=: it {why}")
        if not isinstance(display, bool):
            raise TypeError(f"display must be True or False, not {type(display).__name__}")
        saved = None
        if messages is not None:
            from . import _saved_chats  # brings pydantic, which is loaded only when it is used

            saved = messages if isinstance(messages, _saved_chats.SavedChat) else _saved_chats.made_of(messages)
            instructions = saved.instructions if instructions is None else instructions
        options = Veiled(
            {
                "model": model,
                "client": client,
                "api": api,
                "instructions": instructions,
                "retry": retry,
                "timeouts": timeouts,
                "auto_resume": auto_resume,
                "prefix": prefix,
                "tools": tools,
                "approve": approve,
                "max_rounds": max_rounds,
                "tool_timeout": tool_timeout,
                "unattended": unattended,
                "show_reasoning": show_reasoning,
                "moderator": moderator,
                **params,
            }
        )
        check_call(options)
        return _chat(options, trim, display, saved)

    def load(self, path: str | os.PathLike[str], model: str | None = None, **options: Any) -> StreamChat:
        """Show a conversation that `chat.save` has written, with all its branches, and continue it.

        Args:
            path: a file that `chat.save("x.json")` has written, or one with a list of messages.
            model: the model that answers from now on. None: the one that the file names.
            **options: as for `stream_chat`. Instructions are those of the file, unless you give others; a client, tools
                and parameters are in no file.

        Raises:
            OSError: if the file cannot be read.
            ValueError: if it holds no conversation. Nothing is shown then.
        """
        from . import _saved_chats  # brings pydantic, which is loaded only when it is used

        options = Veiled(options)  # type: ignore[assignment]
        content = _saved_chats.read(Path(path))
        if isinstance(content, list):
            return self(model, messages=content, **options)
        return self(model or content.model, messages=cast("Any", content), **options)


stream_chat: Final = _StreamChat()


_OF_CELLS: Final = frozenset(stream_cell.__kwdefaults__ or ())
_NOT_IN_A_CHAT: Final = ("previous", "display", "controls", "replay", "speed", "map")


def _chat(options: Mapping[str, Any], trim: TrimPolicy | None, display: bool, saved: SavedChat | None) -> StreamChat:
    check_trim(trim)
    instructions = options.get("instructions")
    home, client = running_loop(), options.get("client")

    def ask(question: Sequence[Message], history: History, changes: Mapping[str, Any]) -> StreamCell:
        refused = next((name for name in changes if name in ("prompt", *_NOT_IN_A_CHAT)), None)
        if refused is not None:
            raise TypeError(f"chat.send has no {refused}=: it is for a single cell")

        given = Veiled({"show_prompt": False, **options, **changes})  # the chat shows it
        return stream_cell(list(question), previous=cast("Any", history), display=False, **given)

    def at_home(act: Callable[[], StreamCell]) -> StreamCell:
        # A client with an HTTP client of the user's is used on the loop that the chat was made on.
        elsewhere = running_loop() is None and client is not None and has_own_http_client(client)
        if not elsewhere or home is None:
            return act()

        async def there() -> StreamCell:
            return act()

        return asyncio.run_coroutine_threadsafe(there(), home).result()

    chat = StreamChat(
        ask,
        at_home,
        instructions=instructions,
        trim=trim,
        unattended=unattended_of(options.get("unattended")),
        shown=display,
        about={"model": options.get("model")},
        in_form_of=in_form_of,
    )
    if saved is not None:
        chat._restore(saved.turns, saved.tree)
    if display:
        chat._show()
    return chat
