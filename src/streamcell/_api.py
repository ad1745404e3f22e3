"""The call: validates, wires the parts, shows the cell. The only module that knows all the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from . import _words as words
from . import sources
from ._files import with_files_read
from .answer.document import Document, Version
from .answer.parts import ShowReasoning, conversation
from .answer.resume import Prefix
from .answer.retry import RetryPolicy, attempts_of
from .answer.session import Session
from .answer.status import TERMINAL, Status
from .answer.timeouts import Timeouts
from .answer.tools import Approval, ToolRules
from .engine.driver import driver
from .engine.log import SHELF
from .engine.toolbox import Approve, Toolbox, toolbox_of
from .notebook.ipython import Unattended, bundle_of, can_ask
from .notebook.widget import StreamCell
from .ratelimit.limiter import AT_ONCE
from .request.messages import Message, answered_in, messages_of
from .request.request import Request, is_rehearsal, make_request
from .request.veiled import Veiled
from .sources.openai.client import check_client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openai import AsyncOpenAI, OpenAI
    from typing_extensions import Unpack

    from .request.parameters import Parameters

__all__ = ["configure", "stream_cell"]


@dataclass(frozen=True)
class _Defaults:
    model: str | None = None
    client: AsyncOpenAI | OpenAI | None = None
    retry: RetryPolicy = RetryPolicy()  # noqa: RUF009  # frozen
    timeouts: Timeouts = Timeouts()  # noqa: RUF009  # frozen
    auto_resume: bool | None = None
    prefix: Prefix | None = None
    unattended: Unattended = "raise"
    show_reasoning: ShowReasoning = "closed"


_UNSET: Final[Any] = object()
_defaults = _Defaults()


def configure(
    *,
    model: str | None = _UNSET,
    client: AsyncOpenAI | OpenAI | None = _UNSET,
    retry: RetryPolicy | int | None = _UNSET,
    timeouts: Timeouts | None = _UNSET,
    auto_resume: bool | None = _UNSET,
    prefix: Prefix | None = _UNSET,
    max_concurrency: int | None = _UNSET,
    log_limit: int | None = _UNSET,
    unattended: Unattended | None = _UNSET,
    show_reasoning: ShowReasoning | None = _UNSET,
) -> None:
    """Set what `stream_cell` takes where a call does not say; what is left out stays, None sets it back.

    `model` is a model's name, `client` an OpenAI SDK client; for the others see `stream_cell`. `max_concurrency` is how
    many answers may be under way at once for one endpoint, key and model (16 unless set): the others wait in line, and
    their cells show their place. `log_limit` is how many bytes the logs of all cells may take together (64 million
    unless set): then the oldest entries go, see `cell.log.dropped`. Raises TypeError or ValueError for anything else,
    and then changes nothing.
    """
    global _defaults  # noqa: PLW0603  # a session's defaults are one value, replaced whole
    changed = _defaults
    if model is not _UNSET:
        if model is not None and not isinstance(model, str):
            raise TypeError(f"model must be a name, not {type(model).__name__}")
        changed = replace(changed, model=model)
    if client is not _UNSET:
        if client is not None:
            check_client(client)
        changed = replace(changed, client=client)
    if retry is not _UNSET:
        changed = replace(changed, retry=RetryPolicy() if retry is None else _policy(retry))
    if timeouts is not _UNSET:
        changed = replace(changed, timeouts=Timeouts() if timeouts is None else _timeouts(timeouts))
    if auto_resume is not _UNSET:
        changed = replace(changed, auto_resume=_yes_or_no("auto_resume", auto_resume))
    if prefix is not _UNSET:
        changed = replace(changed, prefix=_prefix(prefix))
    if unattended is not _UNSET:
        changed = replace(changed, unattended="raise" if unattended is None else _unattended(unattended))
    if show_reasoning is not _UNSET:
        shown = "closed" if show_reasoning is None else _show_reasoning(show_reasoning)
        changed = replace(changed, show_reasoning=shown)
    for name, count in {"max_concurrency": max_concurrency, "log_limit": log_limit}.items():
        given: Any = 1 if count is _UNSET or count is None else count
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {given!r}")
    if log_limit is not _UNSET:
        driver().shelf.limit = SHELF if log_limit is None else log_limit
    if max_concurrency is not _UNSET:
        lanes = driver().lanes
        lanes.max_concurrency = AT_ONCE if max_concurrency is None else max_concurrency
        lanes.loop.call_soon_threadsafe(lanes.look_again)
    _defaults = changed


def stream_cell(
    prompt: Any,
    *,
    model: str | None = None,
    client: AsyncOpenAI | OpenAI | None = None,
    api: str = "auto",
    instructions: str | None = None,
    previous: StreamCell | None = None,
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
    **params: Unpack[Parameters],
) -> StreamCell:
    """Show a cell at once into which the answer to `prompt` streams, and return it at once; the kernel stays free.

    Args:
        prompt: a string; a message (`{"role": …, "content": …}`), an item of the Responses API, one of the SDK's
            objects for these, or a list of them; a list of texts and files, at least one of each, which is one message;
            any async or sync iterable of strings (a list of strings alone, too), or of chunks of an OpenAI stream; or
            a callable that makes such an iterable (only that can be retried). A file is a `pathlib.Path`, an image of
            PIL, or bytes, and may stand in a message's `content` list, too. It is read at the call, and what it is
            is told by its bytes: an image (PNG, JPEG, GIF, WebP), sound (WAV, MP3: Chat Completions only), a PDF, a
            document of Word, PowerPoint or Excel (Responses only), or text in UTF-8. Its name is sent with it, its
            folder is not. A file has at most 20 MB, all files of a conversation 50 MB.
        model: the model's name. `"rehearsal"` streams from the embedded server: no key, no network. None takes the
            default set with `configure`, else streamcell's at OpenAI, else the first model that the server lists.
        client: an `openai.AsyncOpenAI` (or `OpenAI`); None makes one from the SDK's environment variables. It is
            copied onto streamcell's own event loop for each attempt, as it is then; a callable `api_key` is called for
            each attempt, on a thread unless it is a coroutine function. An `OpenAI` with an `http_client` of its own
            is refused, as that cannot be used from an event loop.
        api: `"responses"`, `"chat"`, or `"auto"`: Responses where the server has it, else Chat Completions; the
            cell's status line tells how it was decided.
        instructions: how to answer, as the system's words.
        previous: a cell that has ended, whose conversation this one continues: its messages and the version that is
            shown. Its model, client, API and instructions are used too, unless you give others. A stopped or cut
            answer is taken as it stands, and the new cell says so.
        retry: a `RetryPolicy` (or any object with its `attempts` and `wait`), or a number of attempts in all (1: never
            again by itself). None takes the default:
            4 attempts, only for errors that can pass, only before any text has come.
        timeouts: how long the server may be silent, see `Timeouts`.
        auto_resume: whether a cut answer resumes automatically. None: only where that is exact and costs nothing (a
            background response); True: also by another request; False: never. `cell.resume()` does it by hand.
        prefix: how to ask the server to continue the answer that ends the request, if it can:
            `"continue_final_message"` (vLLM, SGLang), `"prefix"` (Mistral, DeepSeek) or `"prefill"` (llama.cpp,
            Anthropic-style). A cut answer then resumes at its last token, by Chat Completions. None: another message
            asks for the rest.
        tools: what the model may call: Python functions (`async` ones too), whose types and docstring make the schema;
            pydantic models, which check the arguments and are called with them if they can be; JSON schemas and tools
            in either API's shape, which nobody runs here: the answer ends with the call, for you to answer.
        approve: whether calls of functions and models run: None asks the user in the cell, and denies where there is no
            page to ask in; True runs each of them; a function `approve(name, arguments)` says True, False, or None to
            ask the user. A call that is denied is answered with that, and the model goes on.
        max_rounds: how many rounds of calls there may be; the model asking for more fails with `TooManyRounds`.
        tool_timeout: seconds that a call may run. It runs on a thread of its own, several of one round side by side;
            what it raises goes back to the model as its message, and with its traceback to `cell.log`.
        display: whether to show the cell now; a cell can be displayed again at any time.
        unattended: what a notebook that runs without a user (nbclient, papermill, `jupyter execute`) does at the end of
            each cell. `"raise"`: it waits until the cell's answers have ended, so that they are saved whole, and fails
            where an answer failed, unless `result()` or `await` has raised that error already. `"wait"`: it waits, and
            never fails. `"return"`: it does not wait. None: `"raise"`. A front end never waits.
        show_reasoning: when the model's reasoning is unfolded: `"closed"`: when the user opens it; `"streaming"`: while
            it comes, until the answer begins; `"open"`: always. What the user opens or closes stays so. None:
            `"closed"`.
        **params: the parameters of both APIs, under either's name (`max_tokens` or `max_output_tokens`): each is sent
            as the API that is asked has it, and one that only one API has decides for that API. `docs/parameters.md`
            lists them. What only your server knows goes into `extra_body`.

    Raises:
        TypeError, ValueError: for bad input, before anything is sent; OSError for a file that cannot be read. Whatever
            happens later is shown in the cell, and raised by `await cell` and `cell.result()`.
    """
    # A traceback that shows locals must not show a key in extra_headers.
    params = cast("Any", Veiled(params))
    messages = messages_of(with_files_read(prompt))
    rules, box = _tools(tools, approve, max_rounds, tool_timeout, previous)
    if messages is None:
        for name, value in {
            "tools": tools,
            "model": model,
            "client": client,
            "instructions": instructions,
            "previous": previous,
        }.items():
            if value is not None:
                raise ValueError(
                    f"{name}= says how to ask a model, but the first argument is an answer to show, not a prompt"
                )
        if api != "auto" or params:
            given = "api" if api != "auto" else next(iter(params))
            raise ValueError(
                f"{given}= says how to ask a model, but the first argument is an answer to show, not a prompt"
            )
        request = asked_by = None
        source = sources.resolve(prompt)
        if retry is not None and source.retry_disabled_reason is not None:
            raise ValueError(f"retry= cannot be obeyed: {source.retry_disabled_reason}")
    else:
        prefix = _defaults.prefix if prefix is None else _prefix(prefix)
        if prefix is not None and api == "responses":
            raise ValueError("prefix= is of Chat Completions; leave out api='responses'")
        api = api if prefix is None else "chat"
        if box is not None:
            params = cast("Any", Veiled({**params, "tools": box.declarations}))
        request, asked_by, source = _ask(messages, model, client, api, instructions, previous, params, prefix)
    policy = _defaults.retry if retry is None else _policy(retry)
    document = Document(
        current=Version(origin=source.origin),
        retry_disabled_reason=source.retry_disabled_reason,
        attempts=attempts_of(policy),
    )
    session = Session(
        document=document,
        policy=policy,
        timeouts=_defaults.timeouts if timeouts is None else _timeouts(timeouts),
        way=source.way,
        auto_resume=_defaults.auto_resume if auto_resume is None else _yes_or_no("auto_resume", auto_resume),
        tools=rules,
        show_reasoning=_defaults.show_reasoning if show_reasoning is None else _show_reasoning(show_reasoning),
    )
    unattended = _defaults.unattended if unattended is None else _unattended(unattended)
    source.claim()  # when all else was found good: whoever is refused can give the same iterator again
    try:
        cell = StreamCell(source, session, request, client=asked_by, unattended=unattended, shown=display, tools=box)
        if display:
            cell._show()
        cell._start()
    except BaseException:
        source.release()
        raise
    return cell


_OWN: Final = ("prompt", *(stream_cell.__kwdefaults__ or ()))


def _ask(
    messages: tuple[Message, ...],
    model: str | None,
    client: AsyncOpenAI | OpenAI | None,
    api: str,
    instructions: str | None,
    previous: StreamCell | None,
    params: Mapping[str, Any],
    prefix: Prefix | None,
) -> tuple[Request, AsyncOpenAI | OpenAI | None, sources.Source]:
    """The request, the client that it is asked by (None: one of our own), and the source of its answer."""
    if client is not None:
        check_client(client)
        if is_rehearsal(model):
            raise ValueError("model='rehearsal' brings its own server: leave out client=, or name another model")
    former: tuple[Message, ...] = ()
    remark = ""
    if previous is not None:
        before, version = _answered(previous)
        former = (*before.messages, *conversation(version.parts, answered_in(messages)))
        remark = "" if version.status is Status.DONE else words.continues(words.CONTINUED[version.status.value])
        instructions = before.instructions if instructions is None else instructions
        if model is None and not (client is not None and is_rehearsal(before.model)):
            model = before.model or version.origin.model or None
        if client is None and not is_rehearsal(model):
            client = previous._client
        if api == "auto" and not before.decided:
            api = before.api
    model = _defaults.model if model is None else model
    request = make_request(
        messages, model=model, api=api, instructions=instructions, previous=former, params=params, ours=_OWN
    )
    request = replace(request, remark=remark)
    if is_rehearsal(model) and client is None:
        start = partial(_rehearsal_address, str(model))
        return request, None, sources.resolve(request, start_server=start, prefix=prefix)
    client = _defaults.client if client is None else client
    return request, client, sources.resolve(request, client=client, prefix=prefix)


def _rehearsal_address(model: str) -> str:
    from . import rehearsal  # the server is loaded when it is first asked for by name

    return str(rehearsal.shared().url_for(model))


def _policy(retry: Any) -> RetryPolicy:
    if isinstance(retry, RetryPolicy) or (callable(getattr(retry, "wait", None)) and hasattr(retry, "attempts")):
        return cast("RetryPolicy", retry)
    if isinstance(retry, int) and not isinstance(retry, bool):
        return RetryPolicy(attempts=retry)
    raise TypeError(f"retry must be a RetryPolicy or a number of attempts, not {type(retry).__name__}")


def _timeouts(timeouts: object) -> Timeouts:
    if isinstance(timeouts, Timeouts):
        return timeouts
    raise TypeError(f"timeouts must be Timeouts, not {type(timeouts).__name__}")


def _prefix(prefix: Any) -> Prefix | None:
    return None if prefix is None else cast("Prefix", _one_of("prefix", prefix, Prefix))


def _unattended(value: Any) -> Unattended:
    return cast("Unattended", _one_of("unattended", value, Unattended))


def _show_reasoning(value: Any) -> ShowReasoning:
    return cast("ShowReasoning", _one_of("show_reasoning", value, ShowReasoning))


def _one_of(name: str, value: Any, words: Any) -> Any:
    known = get_args(words)
    if value in known:
        return value
    raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, not {value!r}")


def _yes_or_no(name: str, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise TypeError(f"{name} must be True, False or None, not {type(value).__name__}")


def _tools(
    tools: Sequence[Any] | None,
    approve: bool | Approve | None,
    max_rounds: int,
    timeout: float,
    previous: object,
) -> tuple[ToolRules | None, Toolbox | None]:
    """What the session and the stream need to know of the tools; those of the conversation where none are given."""
    if approve is not None and not isinstance(approve, bool) and not callable(approve):
        raise TypeError(f"approve must be True, False, None or a function, not {type(approve).__name__}")
    given: Any = max_rounds
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise ValueError(f"max_rounds must be a whole number of at least 1, not {max_rounds!r}")
    given = timeout
    if not isinstance(given, (int, float)) or isinstance(given, bool) or not 0 < given < float("inf"):
        raise ValueError(f"tool_timeout must be a number of seconds above 0, not {timeout!r}")
    if tools is None:
        before = previous._tools if isinstance(previous, StreamCell) else None
        if before is None:
            return None, None
        box = replace(before, timeout=timeout, approve=before.approve if approve is None else approve)
    else:
        box = replace(toolbox_of(tools), timeout=timeout, approve=approve, bundle=bundle_of)
    decided: Approval = "code" if callable(box.approve) else _DECIDED[box.approve]
    if decided == "ask" and not can_ask():
        decided = "nobody"
    rules = ToolRules(frozenset(box.tools), box.declared, decided, max_rounds)
    return (rules if box.tools else None), box


_DECIDED: Final[dict[Any, Approval]] = {None: "ask", True: "yes", False: "no"}


def _answered(previous: object) -> tuple[Request, Version]:
    """What was asked in another cell, and the version of its answer that is shown there."""
    if not isinstance(previous, StreamCell):
        raise TypeError(f"previous must be a cell that stream_cell returned, not {type(previous).__name__}")
    if previous.request is None:
        raise ValueError("previous= is a cell that shows an iterator's answer: there is no conversation to continue")
    version = previous._stream.document.version
    if version.status not in TERMINAL:
        raise ValueError("previous= is still streaming: `await previous` first, or stop it")
    if not conversation(version.parts):
        raise ValueError("previous= has no answer to continue from")
    return previous.request, version
