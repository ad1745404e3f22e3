"""`stream_cell` and `configure`: validate the arguments, build the cell and show it.

This is the only module that imports from all the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from . import _recordings, sources
from . import _words as words
from ._files import with_files_read
from .answer.document import Document, Version
from .answer.moderation import Moderation
from .answer.parts import ShowReasoning, conversation
from .answer.playback import Speed
from .answer.resume import Prefix
from .answer.retry import RetryPolicy, attempts_of
from .answer.session import Session
from .answer.stats import Prices, prices_of
from .answer.status import TERMINAL, Status
from .answer.structure import StructureRules
from .answer.timeouts import Timeouts
from .answer.tools import Approval, ToolRules
from .answer.turns import Answered
from .engine.driver import driver
from .engine.history import kept
from .engine.jury import Endpoint
from .engine.log import SHELF
from .engine.structure import Structure, structure_of
from .engine.toolbox import Approve, Toolbox, toolbox_of
from .notebook import interrupt as interrupts
from .notebook import magic
from .notebook.interrupt import Interrupt
from .notebook.ipython import Unattended, bundle_of, can_ask
from .notebook.widget import StreamCell
from .ratelimit.limiter import AT_ONCE
from .request.asked import asked_in
from .request.echoes import Echo
from .request.history import History
from .request.messages import Message, answered_in, messages_of, text_in
from .request.parameters import without_twins
from .request.request import Request, is_rehearsal, make_request
from .request.schemas import format_in
from .request.veiled import Secrets, Veiled
from .sources import Map
from .sources.openai.client import check_client, client_with, known_secrets
from .sources.openai.moderation import ModerationEndpoint

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from openai import AsyncOpenAI, OpenAI
    from typing_extensions import Unpack

    from .engine.recorder import Recorder
    from .request.parameters import Parameters

__all__ = ["configure", "load_ipython_extension", "stream_cell", "unload_ipython_extension"]


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
    show_prompt: bool = False
    moderator: Moderation | None = None
    max_height: int | None = None


_UNSET: Final[Any] = object()
_defaults = _Defaults()


def configure(
    *,
    model: str | None = _UNSET,
    client: AsyncOpenAI | OpenAI | None = _UNSET,
    api_key: str | Callable[[], Any] | None = _UNSET,
    retry: RetryPolicy | int | None = _UNSET,
    timeouts: Timeouts | None = _UNSET,
    auto_resume: bool | None = _UNSET,
    prefix: Prefix | None = _UNSET,
    max_concurrency: int | None = _UNSET,
    log_limit: int | None = _UNSET,
    unattended: Unattended | None = _UNSET,
    show_reasoning: ShowReasoning | None = _UNSET,
    show_prompt: bool | None = _UNSET,
    prices: Prices | None = _UNSET,
    moderator: Any = _UNSET,
    max_height: int | None = _UNSET,
    interrupt: Interrupt | None = _UNSET,
) -> None:
    """Set the defaults that `stream_cell` uses for arguments that a call leaves out.

    An argument that is left out here keeps its present value; None restores streamcell's own default.

    Args:
        model: a model's name.
        client: an `openai.AsyncOpenAI` or `OpenAI`.
        api_key: a function that returns the key, also `async`; it is called for each attempt, so the key is neither in
            the notebook nor kept. Or the key itself. The address is that of `OPENAI_BASE_URL`. It makes a client, so
            `client` cannot be given too.
        retry: see `stream_cell`, as for the other arguments that it has too.
        timeouts: see `stream_cell`.
        auto_resume: see `stream_cell`.
        prefix: see `stream_cell`.
        max_concurrency: how many answers may stream at once for one endpoint, key and model. The others wait in a
            queue, and their cells show their position. Default: 16.
        log_limit: how many bytes the logs of all cells may take together. Beyond it the oldest entries are dropped, see
            `cell.log.dropped`. Default: 64,000,000.
        unattended: see `stream_cell`.
        show_reasoning: see `stream_cell`.
        show_prompt: see `stream_cell`.
        prices: what a million tokens cost, for each model that you use: `{"gpt-5.4-mini": {"input": 0.5, "cached":
            0.05, "output": 4.0}}`, in any currency. `cell.stats` and `history()` then have a price. streamcell knows no
            prices of its own.
        moderator: see `stream_cell`.
        max_height: see `stream_cell`.
        interrupt: what Kernel ▸ Interrupt (in a terminal Ctrl-C) does to the answers of this kernel, besides ending the
            code that runs. `"stop"`: it stops all of them, also while no code runs. `"ignore"`, which is the default:
            they go on, because it is mostly pressed for code that takes too long, and each answer has its own Stop. An
            answer that the code waits for (`cell.result()`, `await cell`) is stopped in any case.

    Raises:
        TypeError, ValueError: for a value that is not accepted. Nothing is changed then.
        RuntimeError: for `interrupt` on another thread than the main one, which gets the signal.
    """
    global _defaults  # noqa: PLW0603  # one immutable value, so that a call never sees half of a change
    # A traceback that shows locals must not show the key.
    key, api_key = Veiled({} if api_key is _UNSET else {"api_key": api_key}), None
    changed = _defaults
    if model is not _UNSET:
        if model is not None and not isinstance(model, str):
            raise TypeError(f"model must be a name, not {type(model).__name__}")
        changed = replace(changed, model=model)
    if client is not _UNSET:
        if client is not None:
            _check_client(client)
        changed = replace(changed, client=client)
    if key:
        if client is not _UNSET:
            raise ValueError("give configure either api_key= or client=: the client has a key of its own")
        changed = replace(changed, client=client_with(key))
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
    if show_prompt is not _UNSET:
        changed = replace(changed, show_prompt=_yes_or_no("show_prompt", show_prompt) or False)
    table = prices_of({} if prices is _UNSET or prices is None else prices)
    if moderator is not _UNSET:
        changed = replace(changed, moderator=_moderation(moderator))
    if max_height is not _UNSET:
        changed = replace(changed, max_height=_max_height(max_height))
    for name, count in {"max_concurrency": max_concurrency, "log_limit": log_limit}.items():
        given: Any = 1 if count is _UNSET or count is None else count
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {given!r}")
    if interrupt is not _UNSET:  # may still raise, so before everything that changes something
        interrupts.listen("ignore" if interrupt is None else _one_of("interrupt", interrupt, Interrupt))
    if log_limit is not _UNSET:
        driver().shelf.limit = SHELF if log_limit is None else log_limit
    if max_concurrency is not _UNSET:
        lanes = driver().lanes
        lanes.max_concurrency = AT_ONCE if max_concurrency is None else max_concurrency
        lanes.loop.call_soon_threadsafe(lanes.look_again)
    if prices is not _UNSET:
        kept.prices = table
    _defaults = changed


def stream_cell(
    prompt: Any = None,
    *,
    model: str | None = None,
    client: AsyncOpenAI | OpenAI | None = None,
    api: str = "auto",
    instructions: str | None = None,
    previous: StreamCell | None = None,
    map: Map | None = None,  # noqa: A002  # the word that users look for
    retry: RetryPolicy | int | None = None,
    timeouts: Timeouts | None = None,
    auto_resume: bool | None = None,
    prefix: Prefix | None = None,
    tools: Sequence[Any] | None = None,
    approve: bool | Approve | None = None,
    max_rounds: int = 8,
    tool_timeout: float = 60.0,
    repair: int = 0,
    display: bool = True,
    controls: bool = False,
    unattended: Unattended | None = None,
    show_reasoning: ShowReasoning | None = None,
    show_prompt: bool | None = None,
    moderator: Any = None,
    max_height: int | Literal[False] | None = None,
    record: str | os.PathLike[str] | None = None,
    replay: str | os.PathLike[str] | None = None,
    speed: Speed = 1,
    **params: Unpack[Parameters],
) -> StreamCell:
    """Show a cell that streams the answer to `prompt`, and return it immediately; the kernel stays free.

    Args:
        prompt: one of:

            - a string;
            - a message (`{"role": …, "content": …}`), an item of the Responses API, the SDK's object for one of these,
              or a list of them;
            - a list of texts and files, with at least one of each, which is sent as one message;
            - an async or sync iterable (also a list) of strings, or of chunks of an OpenAI stream, to show as the
              answer;
            - a stream of another library, as the library hands it out: of LangChain and LangGraph, LiteLLM, the
              Anthropic SDK, Pydantic AI, OpenAI's Agents SDK, `llm`, Ollama, or `google-genai`; or a response of
              `httpx`, `requests` or `aiohttp`, or an iterable of bytes, with server-sent events, lines of JSON, or
              text. `docs/sources.md` lists what each gives;
            - a callable that returns one of these. Only a callable can be retried.

            A file is a `pathlib.Path`, a PIL image, or bytes; it can also be an item of a message's `content` list. It
            is read during the call, and its bytes decide what it is: an image (PNG, JPEG, GIF, WebP), sound (WAV or
            MP3, Chat Completions only), a PDF, a Word, PowerPoint or Excel document (Responses only), or UTF-8 text.
            Its name is sent with it, its folder is not. A file may have 20 MB, all files of a conversation 50 MB.
        model: the model's name. `"rehearsal"` streams from the embedded server, without a key or a network. None uses
            the default set with `configure`, else streamcell's default for OpenAI, else the first model that the server
            lists.
        client: an `openai.AsyncOpenAI` or `OpenAI`. None makes one from the SDK's environment variables. Each attempt
            uses a copy of the client, made at that moment, on streamcell's own event loop. A callable `api_key` is
            called once per attempt, on a thread unless it is a coroutine function. An `OpenAI` that was given its own
            `http_client` is refused, because a sync HTTP client cannot be used from an event loop. A chat model, a
            chain or a graph of LangChain (a `Runnable`) is asked by its `astream`; its settings are its own, so
            `model=`, `api=`, `tools=` and parameters cannot be given.
        api: `"responses"`, `"chat"`, or `"auto"`: the Responses API if the server has it, else Chat Completions. The
            cell's status line says how it was decided.
        map: what the chunks of a library mean that streamcell does not know: a function that gets a chunk and returns a
            string, a chunk of Chat Completions as a dict, a list of these, or None. It runs on a thread of its own. See
            `register_source`, which does the same for a whole process.
        instructions: the system message: how to answer.
        previous: a cell whose answer has ended and whose conversation this one continues: its messages, and the version
            of its answer that is shown. Its model, client, API, instructions, tools and moderator are used too, unless
            you give others. A stopped or interrupted answer is used as far as it came, and the new cell says so.
        retry: a `RetryPolicy`, any object with the same `attempts` and `wait`, or the total number of attempts (1: no
            automatic retry). None uses the default: 4 attempts, only for transient errors, and only before any text has
            been received.
        timeouts: how long the server may be silent, see `Timeouts`.
        auto_resume: whether an interrupted answer resumes automatically. None: only where that is exact and costs
            nothing (a background response). True: also with another request. False: never. `cell.resume()` resumes it
            by hand.
        prefix: how to ask the server to continue an answer that the request ends with, if the server can do that:
            `"continue_final_message"` (vLLM, SGLang), `"prefix"` (Mistral, DeepSeek) or `"prefill"` (llama.cpp,
            Anthropic-style). An interrupted answer then resumes at its last token; the API is Chat Completions. None:
            the rest is asked for with another message.
        tools: what the model may call. Python functions (also `async`), whose type hints and docstring give the schema.
            Pydantic models, which validate the arguments, and are called with them if they are callable. JSON schemas
            and tools in either API's shape, which streamcell does not run: the answer ends with the call, and you
            answer it.
        approve: whether calls of functions and models run. None: the user is asked in the cell; without a page to ask
            in, the call is denied. True: every call runs. A function `approve(name, arguments)` returns True, False, or
            None to ask the user. The model is told about a denied call, and continues. The same decides on tools of
            MCP servers that ask for approval; their names have the server's before them, such as `"atlas · search"`.
        max_rounds: how many rounds of tool calls are allowed. If the model asks for another one, the answer fails with
            `TooManyRounds`.
        tool_timeout: how many seconds a call may run. Each call has its own thread, and the calls of a round run in
            parallel. If a call raises, the error's message is sent to the model, and the traceback is added to
            `cell.log`.
        repair: how many times the model is asked again, with what is wrong, if its answer does not fit
            `response_format=`. Each invalid answer is kept as a version, and its tokens count. Retry in the cell tells
            the model too. 0: the answer fails with `InvalidAnswer`.
        display: whether to show the cell now. A cell can be displayed again at any time.
        controls: whether to show controls below the cell, to ask again with another model, temperature and so on; see
            `cell.controls()`, which returns them to be placed anywhere.
        unattended: what happens at the end of each notebook cell when no user is present (nbclient, papermill, `jupyter
            execute`). `"raise"`: the run waits until the cell's answers have ended, so that they are saved complete,
            and fails if an answer failed and `result()` or `await` has not already raised its error. `"wait"`: it
            waits and does not fail. `"return"`: it does not wait. None: `"raise"`. In a front end nothing waits.
        show_reasoning: when the model's reasoning is unfolded. `"closed"`: when the user opens it. `"streaming"`: while
            it streams, until the answer begins. `"open"`: always. What the user opens or closes stays that way. None:
            `"closed"`.
        show_prompt: whether the cell shows above the answer what was asked, and saves it with the answer: the user's
            last message, without secrets, and the names of its files. A prompt that a moderator judges is not shown.
            None: as set with `configure`, else False.
        moderator: who judges the answer while it streams: a function of a text, also `async`, that returns whether it
            is flagged; `"openai"` for the moderation endpoint of the same client; an object with a method `judge`, or
            of a library for guard-rails; or a `Moderation` with one of these and its settings. Text is shown once it
            was judged. Where it is flagged, the request is stopped, the answer ends with `Flagged`, and the flagged
            text is in no trait, page, notebook, recording or log. `docs/moderation.md` has more. None uses the
            moderator set with `configure`, if there is one; False uses none.
        max_height: the height in pixels above which the answer is folded when it has ended: the cell shows its
            beginning, and a button shows all of it. What is printed, copied and exported is always the whole answer.
            None uses the height set with `configure`, if there is one; False folds nothing.
        record: a file that the answer is recorded into while it streams, in JSON Lines: what was asked, and every
            attempt, head and chunk with its time, without secrets. A file that exists is replaced. If it cannot be
            written later, the answer goes on and the cell says so.
        replay: a recording to play in place of an answer, without a key and without a network; leave out `prompt`. Of a
            file with several answers it is the first. If the file is damaged, whatever can be played is played, and the
            cell says what is wrong.
        speed: how fast `replay` is played: 1 with the original timing, 2 twice as fast; `"fast"` without waits;
            `"step"` one chunk at a time, with the cell's buttons or `cell.step()`; where no user is present, without
            waits. The cell's buttons change it.
        **params: parameters of both APIs, under either name (`max_tokens` or `max_output_tokens`). Each is sent under
            the name that the API in use has for it; a parameter that only one API has selects that API.
            `docs/parameters.md` lists them. Parameters that only your server has go into `extra_body`.
            `response_format=` asks for a structured answer: a pydantic model, a dataclass, a TypedDict, a list of one
            of these, or a JSON schema. The cell shows the JSON as a tree or a table while it grows, `cell.parsed` is
            the validated object, and `cell.to_dicts()` are its records. See `docs/structured.md`.

    Raises:
        TypeError, ValueError: for invalid arguments, before anything is sent.
        OSError: for a file that cannot be read. Later errors are shown in the cell, and `await cell` and
            `cell.result()` raise them.
    """
    # A traceback that shows locals must not show a key in extra_headers.
    params = cast("Any", Veiled(params))
    unattended = unattended_of(unattended)
    if controls and not display:
        raise ValueError(
            "controls=True shows them below the cell, and display=False shows no cell: use cell.controls()"
        )
    shows = _defaults.show_reasoning if show_reasoning is None else _show_reasoning(show_reasoning)
    shown = _yes_or_no("show_prompt", show_prompt)
    shows_prompt = _defaults.show_prompt if shown is None else shown
    height = _defaults.max_height if max_height is None else _max_height(max_height)
    if replay is not None:
        given = {name: value for name, value in {"model": model, "client": client, "record": record}.items() if value}
        if prompt is not None or params or given:
            name = "a prompt" if prompt is not None else f"{next(iter(params or given))}="
            raise ValueError(f"replay= plays a recording and asks no model: leave out {name}")
        played = _recordings.play(replay, speed, shows)
        moderation = _judging_again(moderator, played)
        endpoint = _endpoint(moderation, None, None)
        recorded = played.prompt.get("messages") if shows_prompt else None
        said = asked_in(recorded, ()) if isinstance(recorded, list) else ""
        return _replayed(
            played,
            None,
            None,
            unattended,
            display,
            controls=controls,
            moderation=moderation,
            endpoint=endpoint,
            said=said,
            height=height,
        )
    if speed != 1:
        raise ValueError(
            "speed= says how fast a recording is played: give replay=, or set it with recording(…, speed=)"
        )
    before = previous._stream.moderation if isinstance(previous, StreamCell) else None
    moderation = (before or _defaults.moderator) if moderator is None else _moderation(moderator)
    if prompt is None:
        raise TypeError("stream_cell needs a prompt, or replay= with a recording to play, and was given NoneType")
    repairs = _repairs(repair, params)
    read = with_files_read(prompt)
    messages = messages_of(read)
    rules, box = _tools(tools, approve, max_rounds, tool_timeout, previous)
    structure: Structure | None = None
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
            named = "api" if api != "auto" else next(iter(params))
            raise ValueError(
                f"{named}= says how to ask a model, but the first argument is an answer to show, not a prompt"
            )
        request = asked_by = again = None
        source = sources.resolve(prompt, map=_map(map))
        if retry is not None and source.retry_disabled_reason is not None:
            raise ValueError(f"retry= cannot be obeyed: {source.retry_disabled_reason}")
    else:
        structure = _structure(params)
        again = _ask(
            messages, model, client, api, instructions, previous, _sent(params, box, structure), prefix, _map(map)
        )
        request, asked_by, source = again()
    policy = _defaults.retry if retry is None else _policy(retry)
    asked = _recordings.Asked(
        request,
        source.origin.note,
        known_secrets(None if sources.can_ask(asked_by) else asked_by, params),
        rules,
        attempts_of(policy),
        moderated=moderation is not None,
    )
    endpoint = _endpoint(moderation, asked_by, request)
    judged = moderation is not None and moderation.prompt
    said = asked_in(read, messages, asked.secrets) if shows_prompt and messages is not None and not judged else ""
    known = previous if isinstance(previous, Answered) else None
    scope = None if record is not None or known is not None else _recordings.current()
    recorder = None
    changed = ""
    if scope is not None:
        found = scope.find(asked, shows)
        if not isinstance(found, str):
            moderation = _judging_again(moderator, found)
            return _replayed(
                found,
                request,
                asked_by,
                unattended,
                display,
                box,
                controls=controls,
                structure=structure,
                moderation=moderation,
                endpoint=endpoint,
                said=said,
                height=height,
            )
        changed = found
        source, recorder = scope.record(source, asked, changed)
        again = None
    elif record is not None:
        recorder = _recordings.record_into(record, asked)
        again = None
    document = Document(
        current=Version(origin=source.origin, root="" if structure is None else structure.root),
        remark=changed,
        prompt=said,
        retry_disabled_reason=source.retry_disabled_reason,
        attempts=attempts_of(policy),
        max_height=height,
    )
    if known is not None:
        *former, current = known.versions
        why = words.NOT_ASKED_AGAIN if known.withheld else document.retry_disabled_reason
        document = replace(
            document, current=current, former=tuple(former), shown=known.shown, retry_disabled_reason=why
        )
    session = Session(
        document=document,
        policy=policy,
        timeouts=_defaults.timeouts if timeouts is None else _timeouts(timeouts),
        way=source.way,
        auto_resume=_defaults.auto_resume if auto_resume is None else _yes_or_no("auto_resume", auto_resume),
        tools=rules,
        show_reasoning=shows,
        structure=None if structure is None else StructureRules(repairs=repairs),
        moderation=moderation,
        prompt="" if moderation is None or not moderation.prompt else _prompt_of(messages, instructions),
        passed=frozenset() if known is None else frozenset({0}),
    )
    return _started(
        source,
        session,
        request,
        asked_by,
        unattended,
        display,
        box,
        controls=controls,
        prompt=partial(asked.prompt, _recordings.now_in()),
        secrets=asked.secrets,
        recorder=recorder,
        again=again,
        structure=structure,
        endpoint=endpoint,
    )


def check_call(options: Mapping[str, Any]) -> None:
    """Raise TypeError or ValueError for arguments that `stream_cell` would refuse with any question."""
    given = Veiled({**(stream_cell.__kwdefaults__ or {}), **options})  # a traceback shows locals
    _policy(1 if given["retry"] is None else given["retry"])
    _timeouts(Timeouts() if given["timeouts"] is None else given["timeouts"])
    _yes_or_no("auto_resume", given["auto_resume"])
    _show_reasoning(given["show_reasoning"] or "closed")
    _moderation(given["moderator"])
    params = Veiled({name: value for name, value in options.items() if name not in _OWN})
    _, box = _tools(given["tools"], given["approve"], given["max_rounds"], given["tool_timeout"], None)
    question = ({"role": "user", "content": "?"},)
    _ask(
        question,
        given["model"],
        given["client"],
        given["api"],
        given["instructions"],
        None,
        _sent(params, box, _structure(params)),
        given["prefix"],
        None,
    )()


def _started(
    source: sources.Source,
    session: Session,
    request: Request | None,
    client: AsyncOpenAI | OpenAI | None,
    unattended: Unattended,
    display: bool,
    tools: Toolbox | None,
    *,
    controls: bool,
    prompt: Callable[[], Mapping[str, Any]],
    secrets: Secrets,
    recorder: Recorder | None = None,
    again: _Asking | None = None,
    fixed: str | None = None,
    structure: Structure | None = None,
    endpoint: Endpoint | None = None,
) -> StreamCell:
    """Return the cell, which streams; `prompt` is what a recording says was asked."""
    source.claim()  # last of all checks: after a refused call the same iterator can be given again
    try:
        cell = StreamCell(
            source,
            session,
            request,
            client=client,
            unattended=unattended,
            shown=display,
            tools=tools,
            recorder=recorder,
            structure=structure,
            endpoint=endpoint,
        )
        cell._secrets = secrets
        cell.log.describe(partial(_unless_withheld, cell, prompt))
        cell._follow = partial(stream_cell, previous=cell)
        cell._again = None if again is None else partial(_source_of, again)
        if recorder is not None:
            recorder.asked = partial(_unless_withheld, cell, recorder.asked)
            cell._fixed = "this answer is recorded, and a recording has one request for an answer"
        elif sources.can_ask(client):
            cell._fixed = f"the settings are those of the {type(client).__name__} itself"
        elif again is not None or fixed:
            cell._fixed = fixed
        if display:
            cell._show()
        if controls:
            cell._show_controls()
        waiting = _waiting.get()
        if session.document.current.status in TERMINAL:
            cell._stream.rest()  # a saved answer
        elif waiting is None:
            cell._start()
        else:
            waiting.append(cell)
    except BaseException:
        source.release()
        raise
    return cell


def _unless_withheld(cell: StreamCell, prompt: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return what was asked, as a recording says it, without a prompt that a moderator withholds."""
    asked = prompt()
    if not cell._stream.withheld:
        return asked
    return {**asked, "messages": [{"role": "user", "content": words.QUESTION_WITHHELD}], "instructions": None}


def _replayed(
    played: _recordings.Played,
    request: Request | None,
    client: AsyncOpenAI | OpenAI | None,
    unattended: Unattended,
    display: bool,
    tools: Toolbox | None = None,
    *,
    controls: bool,
    structure: Structure | None = None,
    moderation: Moderation | None = None,
    endpoint: Endpoint | None = None,
    said: str,
    height: int | None,
) -> StreamCell:
    """Return a cell that plays a recording; `request`, `client` and `tools` are for a cell that continues it.

    `structure` checks the answer again, so that `cell.parsed` is an object of the user's own type.
    """
    session = played.session
    session = replace(session, document=replace(session.document, prompt=said, max_height=height))
    if structure is not None:
        current = replace(session.document.current, root=structure.root)
        document = replace(session.document, current=current)
        session = replace(session, document=document, structure=StructureRules())
    if tools is not None or played.tools is not None:
        tools = replace(tools or Toolbox(), recorded=True)
    return _started(
        played.source,
        replace(session, moderation=moderation),
        request,
        client,
        unattended,
        display,
        tools,
        controls=controls,
        fixed=words.PLAYED,
        prompt=lambda: played.prompt,
        secrets=Secrets(),
        structure=structure,
        endpoint=endpoint,
    )


_waiting: ContextVar[list[StreamCell] | None] = ContextVar("waiting", default=None)


@contextmanager
def cells_that_wait() -> Iterator[list[StreamCell]]:
    """Collect the cells that `stream_cell` makes in the block, without starting them: all are valid, or none asks.

    If the block raises, they are closed.
    """
    made: list[StreamCell] = []
    token = _waiting.set(made)
    try:
        yield made
    except BaseException:
        for cell in made:
            cell.close()
        raise
    finally:
        _waiting.reset(token)


_OWN: Final = ("prompt", *(stream_cell.__kwdefaults__ or ()))


_Asking: TypeAlias = "Callable[..., tuple[Request, AsyncOpenAI | OpenAI | None, sources.Source]]"


def _source_of(again: _Asking, changes: Mapping[str, Any]) -> sources.Source:
    """Return the source of an answer that is asked for again with `changes`."""
    if format_in(changes) is not None:
        raise ValueError("response_format= is the same for all versions of an answer: call stream_cell again")
    return again(changes)[2]


def _ask(
    messages: tuple[Message, ...],
    model: str | None,
    client: AsyncOpenAI | OpenAI | None,
    api: str,
    instructions: str | None,
    previous: StreamCell | None,
    params: Mapping[str, Any],
    prefix: Prefix | None,
    map_: Map | None,
) -> _Asking:
    """Return a function that returns the request, the client that sends it (None: one of our own), and its source.

    With an argument, parameters in it take the place of those that were given.
    """
    prefix = _defaults.prefix if prefix is None else _prefix(prefix)
    if prefix is not None and api == "responses":
        raise ValueError("prefix= is of Chat Completions; leave out api='responses'")
    api = api if prefix is None else "chat"
    if client is not None:
        _check_client(client)
        if is_rehearsal(model):
            raise ValueError("model='rehearsal' brings its own server: leave out client=, or name another model")
    given_client = client
    given = Veiled({"model": model, "api": None if api == "auto" else api, "prefix": prefix, **params})
    former: tuple[Message, ...] = ()
    echoes: tuple[Echo, ...] = ()
    remark = ""
    if isinstance(previous, History):  # a chat's, which has its own model, client and instructions
        former, echoes, remark = previous.messages, previous.echoes, previous.remark
    elif previous is not None:
        before, version = _answered(previous)
        former = (*before.messages, *conversation(version.parts, answered_in(messages)))
        echoes = (*before.echoes, *version.echoes)
        remark = "" if version.status is Status.DONE else words.continues(words.CONTINUED[version.status.value])
        instructions = before.instructions if instructions is None else instructions
        if model is None and not (client is not None and is_rehearsal(before.model)):
            model = before.model or version.origin.model or None
        if client is None and not is_rehearsal(model):
            client = previous._client
        if api == "auto" and not before.decided:
            api = before.api
    model = _defaults.model if model is None else model
    standard, params = _defaults.client, Veiled(params)

    def asking(changes: Mapping[str, Any] = _UNCHANGED) -> tuple[Request, AsyncOpenAI | OpenAI | None, sources.Source]:
        _check_changes(changes)
        changed = Veiled({**without_twins(params, changes), **changes})
        named, told = changed.get("model", model), changed.get("instructions", instructions)
        rehearsed = is_rehearsal(named) and (client is None or "model" in changes)
        if rehearsed and given_client is not None:
            raise ValueError("model='rehearsal' brings its own server, and this cell was given a client=")
        asked = None if rehearsed else standard if client is None else client
        if sources.can_ask(asked):
            _check_asked(asked, Veiled({**given, **changes}))
        elif map_ is not None:
            raise ValueError(
                "map= says what the chunks of another library mean, but this prompt goes to an OpenAI client"
            )
        request = make_request(
            messages,
            model=named,
            api=api,
            instructions=told,
            previous=former,
            params=Veiled({name: value for name, value in changed.items() if name not in ("model", "instructions")}),
            ours=_OWN,
        )
        request = replace(request, remark=remark, echoes=echoes)
        if rehearsed:
            start = partial(_rehearsal_address, str(named))
            return request, None, sources.resolve(request, start_server=start, prefix=prefix)
        return request, asked, sources.resolve(request, client=asked, prefix=prefix, map=map_)

    return asking


_UNCHANGED: Final[Mapping[str, Any]] = {}


def _check_changes(changes: Mapping[str, Any]) -> None:
    """Raise TypeError for what a retry cannot change."""
    fixed = next((name for name in changes if name in _FIXED), None)
    if fixed is not None:
        raise TypeError(f"retry() cannot change {fixed}=: ask in a new cell, perhaps with previous=")


_FIXED: Final = frozenset({*_OWN, "tools"}) - {"model", "instructions"}


def _check_client(client: Any) -> None:
    """Raise TypeError unless requests can be made with `client`: a client of the SDK, or a `Runnable` of LangChain."""
    if not sources.can_ask(client):
        check_client(client)


def _check_asked(client: Any, given: Mapping[str, Any]) -> None:
    """Raise ValueError for an argument that a client of another library cannot obey."""
    name = next((name for name, value in given.items() if value is not None), None)
    if name is not None:
        raise ValueError(f"{name}= is for an OpenAI client: set it on the {type(client).__name__} itself")


def _rehearsal_address(model: str) -> str:
    from . import rehearsal  # imported only when it is used: it brings a whole server

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


def unattended_of(given: Unattended | None) -> Unattended:
    """Return what an unattended run does; the default of `configure` for None."""
    return _defaults.unattended if given is None else _unattended(given)


def _unattended(value: Any) -> Unattended:
    return cast("Unattended", _one_of("unattended", value, Unattended))


def _show_reasoning(value: Any) -> ShowReasoning:
    return cast("ShowReasoning", _one_of("show_reasoning", value, ShowReasoning))


def _max_height(value: Any) -> int | None:
    if value is None or value is False:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"max_height must be a whole number of pixels of at least 1, not {value!r}")
    return value


def _moderation(given: Any) -> Moderation | None:
    if given is None or given is False:
        return None
    return given if isinstance(given, Moderation) else Moderation(given)


def _judging_again(moderator: Any, played: _recordings.Played) -> Moderation | None:
    """Return how a recorded answer is moderated: not again, if it was when it was recorded.

    A moderator that the call itself names judges it in any case.
    """
    if moderator is not None:
        return _moderation(moderator)
    return None if played.prompt.get("moderated") is True else _defaults.moderator


def _endpoint(moderation: Moderation | None, client: Any, request: Request | None) -> Endpoint | None:
    """Return the moderation endpoint that the moderator "openai" means: that of the client that is asked."""
    if moderation is None or moderation.moderator != "openai":
        return None
    client = None if sources.can_ask(client) else client
    rehearsed = client is None and request is not None and is_rehearsal(request.model)
    return ModerationEndpoint(
        client, partial(_rehearsal_address, str(request.model)) if rehearsed and request else None
    )


def _prompt_of(messages: tuple[Message, ...] | None, instructions: str | None) -> str:
    """Return the text of a prompt that is judged before it is sent."""
    return "\n\n".join(one for one in (instructions or "", text_in(messages or ())) if one)


def _map(given: Any) -> Map | None:
    if given is not None and not callable(given):
        raise TypeError(f"map must be a function, not {type(given).__name__}")
    return cast("Map | None", given)


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
    """Return what the session and the stream need to know about the tools; by default those of `previous`."""
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
        box = replace(before, timeout=timeout, approve=before.approve if approve is None else approve, recorded=False)
    else:
        box = replace(toolbox_of(tools), timeout=timeout, approve=approve, bundle=bundle_of)
    decided: Approval = "code" if callable(box.approve) else _DECIDED[box.approve]
    if decided == "ask" and not can_ask():
        decided = "nobody"
    rules = ToolRules(frozenset(box.tools), box.declared, decided, max_rounds)
    return (rules if box.tools or any(one.get("type") == "mcp" for one in box.declarations) else None), box


_MOST_REPAIRS: Final = 10


def _repairs(repair: Any, params: Mapping[str, Any]) -> int:
    if not isinstance(repair, int) or isinstance(repair, bool) or not 0 <= repair <= _MOST_REPAIRS:
        raise ValueError(f"repair must be a whole number from 0 to {_MOST_REPAIRS}, not {repair!r}")
    if repair and format_in(params) is None:
        raise ValueError("repair= corrects a structured answer: give response_format= too")
    return repair


def _sent(params: Mapping[str, Any], box: Toolbox | None, structure: Structure | None) -> Mapping[str, Any]:
    """Return the parameters as they are sent: with the tools' declarations, and the schema of a structured answer."""
    tools = {} if box is None else {"tools": box.declarations}
    format_ = {"response_format": structure.format} if structure is not None and "response_format" in params else {}
    return Veiled({**params, **tools, **format_})


def _structure(params: Mapping[str, Any]) -> Structure | None:
    given = format_in(params)
    return None if given is None else structure_of(given)


_DECIDED: Final[dict[Any, Approval]] = {None: "ask", True: "yes", False: "no"}


def _answered(previous: object) -> tuple[Request, Version]:
    """Return what was asked in another cell, and the version of its answer that is shown there."""
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


def load_ipython_extension(shell: Any) -> None:
    """Add `%stream` and `%%stream`: IPython calls this for `%load_ext streamcell`."""
    magic.load(shell, stream_cell, _rehearsal_models)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics away again: IPython calls this for `%unload_ext streamcell`."""
    magic.unload(shell)


def _rehearsal_models() -> list[str]:
    from .rehearsal import SCENARIOS

    return ["rehearsal", *(f"rehearsal/{name}" for name in SCENARIOS)]
