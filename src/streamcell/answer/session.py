"""The session: a pure state machine from inputs to effects. Only it decides about retries, stops and versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from .. import _words
from .._errors import (
    Flagged,
    Interrupted,
    InvalidAnswer,
    ModerationFailed,
    Stalled,
    Step,
    Stopped,
    TimedOut,
    TooManyRounds,
    closed_early,
)
from ..request.echoes import within
from .copied import copied
from .document import Checking, Document, Idle, Timings, Version, reduce, way_on
from .events import (
    Alive,
    Cursor,
    Event,
    Failed,
    Finished,
    PartChanged,
    PartEnded,
    PartGrew,
    PartRestored,
    Started,
    UsageReported,
)
from .gate import Gate, Item
from .inputs import (
    Act,
    Approved,
    AskApproval,
    AskPolicy,
    Broke,
    Closed,
    CloseSource,
    Decided,
    Effect,
    Input,
    Judge,
    Judged,
    OpenSource,
    Placed,
    Publish,
    Received,
    Remarked,
    Resume,
    Retry,
    RunTool,
    Select,
    SetPace,
    SetTimer,
    Start,
    Stop,
    TakeStep,
    Tick,
    ToolEnded,
    Validate,
    Validated,
    Watch,
)
from .judged import TEXT, Key, timed_as, told
from .moderation import Judging, Moderation, Verdict
from .parts import CallState, Part, ShowReasoning, Tokens, ToolCall, conversation, growth, has_output, text_of
from .parts.tokens import stamped
from .playback import Pace
from .resume import ResumeFrom, ResumeMode
from .retry import RetryPolicy
from .status import TERMINAL, Status, Trigger, next_status
from .structure import StructureRules, as_json, correction, is_whole
from .thinking import Thinking, settled, watched
from .timeouts import Timeouts
from .tools import ToolRules, as_paragraph, awaited, decide, left, round_of, stopped

__all__ = ["Session", "step"]


@dataclass(frozen=True)
class _Failing:
    """A failed attempt that may be repeated: the answer at that point, and from where the next attempt would resume."""

    version: Version
    attempt: int
    resume: ResumeFrom | None


@dataclass(frozen=True)
class Session:
    """The complete state of the session. All times are on the driver's clock, in seconds.

    Attributes:
        document: the answer with all its versions.
        policy: when a failed attempt is repeated.
        timeouts: after which silence an attempt fails; None: never.
        way: how the source can resume an answer; None: not at all.
        auto_resume: whether an answer is resumed automatically; None: only if that is exact and costs nothing.
        run: the number of the source that is open; inputs from older sources are ignored.
        resuming: from where the present attempt resumes the answer.
        failing: the failed attempt about which the user's own policy is being asked.
        tools: the rules for the user's tools.
        round: how many rounds of tool calls there were.
        begin: how many parts the answer had when the present request was made.
        allowed: the tools that the user has approved for the rest of the answer.
        asked_at: when the request was first made; the policy's elapsed time counts from here.
        opened_at: when the source of this attempt was opened.
        begun_at: when the last attempt began that was made anew; the answer's timings count from here.
        life_at: when the last sign of life came.
        token_at: when the last output of the model came; None before the first one.
        head_at: when the response began.
        thinking: the reasoning that is streaming now.
        show_reasoning: when reasoning is unfolded.
        requests: how many requests were made for the current version, and for the invalid ones before it.
        ask: which request the current version comes from, see `Retry`.
        structure: the rules for a structured answer; None if any text will do.
        checking: the end of a structured answer that is being checked.
        told: the messages that say what was wrong with the invalid answers before this one.
        repairs: how many times the model was told so.
        moderation: how the answer is moderated; None: not at all.
        prompt: the text of the prompt, to be judged; empty if it is not to be.
        passed: the requests whose prompts were judged and may be sent, by the numbers that `ask` has.
        gate: what waits for the moderator; None if nothing is moderated, or the answer has ended.
        safe: the version without what is shown before it was judged; None if nothing is.
    """

    document: Document = field(default_factory=Document)
    policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(attempts=1))
    timeouts: Timeouts | None = None
    way: ResumeMode | None = None
    auto_resume: bool | None = None
    run: int = 0
    resuming: ResumeFrom | None = None
    failing: _Failing | None = None
    tools: ToolRules | None = None
    round: int = 0
    begin: int = 0
    allowed: frozenset[str] = frozenset()
    asked_at: float = 0.0
    opened_at: float = 0.0
    begun_at: float = 0.0
    life_at: float = 0.0
    token_at: float | None = None
    head_at: float = 0.0
    thinking: Thinking | None = None
    show_reasoning: ShowReasoning = "closed"
    requests: int = 0
    ask: int = 0
    structure: StructureRules | None = None
    checking: Finished | None = None
    told: tuple[Mapping[str, Any], ...] = ()
    repairs: int = 0
    moderation: Moderation | None = None
    prompt: str = ""
    passed: frozenset[int] = frozenset()
    gate: Gate | None = None
    safe: Version | None = None

    @property
    def status(self) -> Status:
        """The status of the current version, even if another version is shown."""
        return self.document.current.status

    @property
    def withheld(self) -> bool:
        """Whether the prompt is withheld: a moderator judges it and has not passed it, or has flagged it in a retry."""
        if not self.prompt or self.ask in self.passed:
            return False
        return not self.passed or isinstance(self.document.current.error, Flagged)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts from the present request; the parts before are from earlier rounds."""
        return self.document.current.parts[self.begin :]


_URGENT = (Publish(urgent=True),)
_TURN_HAS_COME = Placed(0, None)
_Step = tuple[Session, tuple[Effect, ...]]


def step(session: Session, given: Input, *, now: float = 0.0, chance: float = 0.5) -> _Step:
    """Return the session after `given`, and the effects to carry out.

    `now` is a monotonic time in seconds and `chance` a random number from 0 to 1; the caller provides both. An input
    that is not allowed in the present state returns the same session and no effects.
    """
    if isinstance(given, (Received, Closed, Tick, Watch, Placed, Decided, Approved, ToolEnded, Validated, Judged)):
        return _of_run(session, given, now, chance) if given.run == session.run else (session, ())
    if isinstance(given, Start):
        return _open(replace(session, asked_at=now), Trigger.OPEN, now) if session.run == 0 else (session, ())
    if isinstance(given, Stop):
        return _stop(session, now)
    if isinstance(given, Broke):
        session, _ = _left_out(session)
        return _end(session, reduce(session.document.current, Failed(given.error)), Trigger.FAILED, now)
    if isinstance(given, Retry):
        return _retry(session, given, now)
    if isinstance(given, Resume):
        return _take_up(session, now)
    if isinstance(given, (SetPace, TakeStep)):
        return _pace(session, given)
    if isinstance(given, Remarked):
        remark = " ".join(one for one in (session.document.remark, given.text) if one)
        return replace(session, document=replace(session.document, remark=remark)), _URGENT
    return _select(session, given.index) if isinstance(given, Select) else _act(session, given, now)


def _of_run(
    session: Session,
    given: Received | Closed | Tick | Watch | Placed | Decided | Approved | ToolEnded | Validated | Judged,
    now: float,
    chance: float,
) -> _Step:
    if isinstance(given, Judged):
        return _judged(session, given, now, chance)
    if isinstance(given, ToolEnded) and session.gate is not None and session.gate.rules.tools:
        return _enter(session, given, now, chance)
    if isinstance(given, (Approved, ToolEnded)):
        return _of_call(session, given, now)
    if isinstance(given, Decided):
        return _decide(session, given, now)
    if isinstance(given, Validated):
        return _validated(session, given, now)
    if session.failing is not None or session.checking is not None:  # its source has nothing more to say
        return session, ()
    if isinstance(given, (Received, Closed)):
        # An event from an attempt in the queue shows that its turn has come.
        session, granted = (
            (session, ()) if session.document.queue_position is None else _place(session, _TURN_HAS_COME, now)
        )
        if session.gate is not None:
            after, effects = _enter(session, given, now, chance)
        elif isinstance(given, Received):
            after, effects = _receive(session, given.event, now, chance)
        else:
            after, effects = _closed(session, now, chance)
        goes_on = after.failing is None and after.status in (Status.CONNECTING, Status.STREAMING)
        return after, (*granted, *effects) if goes_on else effects
    if isinstance(given, Watch):
        return _watch(session, now, chance)
    if isinstance(given, Placed):
        return _place(session, given, now)
    return _open(session, Trigger.OPEN, now) if session.status is Status.WAITING else (session, ())


def _open(session: Session, trigger: Trigger, now: float) -> _Step:
    status = next_status(session.status, trigger)
    if status is None:
        return session, ()
    before = session.document.current
    # Only these survive an attempt: request id and token count of the failed attempt do not apply to the next one.
    current = Version(
        status=status,
        attempt=before.attempt,
        origin=before.origin,
        changed=before.changed,
        parts=before.parts[: session.begin],
        usage=before.spent,
        spent=before.spent,
        echoes=before.echoes,
        root=before.root,
        timings=Timings(before.timings.first_token if session.begin else None),
        moderation=before.moderation,
    )
    if session.resuming is not None:
        current = replace(before, status=status, error=None, finish_reason=None, notice=None, usage=before.spent)
        if session.resuming.way is not ResumeMode.EXACT:  # another response, with a cursor and token counts of its own
            current = replace(current, cursor=None, usage=before.usage, spent=before.usage)
    run = session.run + 1
    document = replace(
        session.document,
        current=current,
        retry_at=None,
        idle=None,
        queue_position=None,
        wait=None,
        resume=None,
        checking=None,
    )
    rules = session.moderation
    gate = None if rules is None else Gate.after(rules, TEXT, text_of(current.parts))
    opened = replace(
        session,
        document=document,
        run=run,
        opened_at=now,
        begun_at=session.begun_at if session.begin or session.resuming is not None else now,
        life_at=now,
        token_at=None,
        head_at=now,
        failing=None,
        thinking=None,
        requests=session.requests + 1,
        gate=gate,
        safe=None,
    )
    hurried = trigger in (Trigger.RETRY, Trigger.RESUME)
    history = (*session.told, *conversation(before.parts[: session.begin]))
    source = OpenSource(run, session.resuming, hurried, history, before.echoes, session.requests, session.ask)
    prompt = "" if rules is None or not rules.prompt else _prompt_of(session)
    if gate is not None and prompt and session.ask not in session.passed:
        gate = gate.entering(source, key=Key("prompt"), text=prompt, at=now, ends=True, last=True)
        return _move(replace(opened, gate=gate), _URGENT, now, chance=0.5)
    return opened, (source, *_watching(opened, now), *_URGENT)


def _prompt_of(session: Session) -> str:
    """Return the prompt to be judged, with the instructions that a retry has changed."""
    changed = session.document.current.changed.get("instructions", "")
    return "\n\n".join(one for one in (str(changed), session.prompt) if one)


def _watching(session: Session, now: float) -> tuple[Effect, ...]:
    """Set the timer for the next check: when the silence must be shown, then when the attempt must fail."""
    if session.timeouts is None:
        return ()
    return (
        SetTimer(
            Watch(session.run), session.timeouts.next_look(session.life_at, session.token_at, session.opened_at, now)
        ),
    )


def _watch(session: Session, now: float, chance: float) -> _Step:
    timeouts = session.timeouts
    if timeouts is None or session.status not in (Status.CONNECTING, Status.STREAMING):
        return session, ()
    if session.gate is not None and session.gate.waits:  # the server is not silent: nobody listens to it
        heard = replace(session, life_at=now, token_at=None if session.token_at is None else now)
        return heard, _watching(heard, now)
    silence, limit = timeouts.silence(session.life_at, session.token_at, session.opened_at, now)
    if silence >= limit:
        words = _words.silent_for(silence)
        said = has_output(session.parts) or (session.gate is not None and session.gate.held)
        failed = Failed(Stalled(words) if said else TimedOut(words))
        if session.gate is not None:
            return _enter(session, Received(session.run, failed), now, chance)
        return _fail(session, failed, now, chance)
    if now - session.life_at < timeouts.notify_after:
        return session, _watching(session, now)
    document = replace(session.document, idle=Idle(silence, limit))
    return replace(session, document=document), (*_watching(session, now), *_URGENT)


def _place(session: Session, placed: Placed, now: float) -> _Step:
    """Update an attempt's place in the queue and the reason; its clocks start when its turn comes."""
    if session.token_at is not None:  # its answer has begun, so it no longer waits
        return session, ()
    position, wait = placed.queue_position, placed.wait
    current = session.document.current
    trigger = Trigger.OPEN if position is None else Trigger.QUEUE
    status = next_status(current.status, trigger) or current.status
    known = session.document.queue_position, session.document.wait
    if status not in (Status.QUEUED, Status.CONNECTING) or (position, wait) == known:
        return session, ()
    document = replace(
        session.document, current=replace(current, status=status), queue_position=position, wait=wait, idle=None
    )
    moved = replace(session, document=document)
    if position is not None:
        return moved, _URGENT
    begun_at = session.begun_at if session.begin or session.resuming is not None else now
    granted = replace(moved, opened_at=now, life_at=now, begun_at=begun_at)
    return granted, (*_watching(granted, now), *_URGENT)


def _receive(session: Session, event: Event, now: float, chance: float) -> _Step:
    current = session.document.current
    if current.status not in (Status.CONNECTING, Status.STREAMING):
        return session, ()
    if isinstance(event, Failed):
        return _fail(session, event, now, chance)
    since = _last_output(session)
    alive, effects = _with_life(session, event, now)
    if isinstance(event, Alive):
        return alive, effects
    if isinstance(event, Finished):
        return _finish(alive, event, now)
    return _apply(alive, event, effects, since, now)


def _last_output(session: Session) -> float:
    """Return when the last output of the model came, or when the response began."""
    return session.head_at if session.token_at is None else session.token_at


def _finish(session: Session, event: Finished, now: float) -> _Step:
    if event.reason == "cancelled":
        return _stop(session, now)
    called = _call(session, event, now) or _check(session, event)
    return called or _end(session, reduce(session.document.current, event), Trigger.FINISHED, now)


def _said(session: Session, event: Event, version: Version, now: float) -> Event:
    """Return the event as it changes `version`: text of a structured answer as JSON, tokens with time and place."""
    if isinstance(event, PartGrew) and event.kind == Tokens.kind:
        at = sum(len(part.body) for part in version.parts if part.is_text)
        return replace(event, text=stamped(event.text, now - session.begun_at, at))
    said = as_paragraph(event, version.parts, session.begin)
    return said if session.structure is None else as_json(said, version.parts[session.begin :])


def _apply(alive: Session, event: Event, effects: tuple[Effect, ...], since: float, now: float) -> _Step:
    """Change the answer as `event` says, which came at `now`; the output before it came at `since`."""
    session, current = alive, alive.document.current
    changed = reduce(current, _said(session, event, current, now))
    if isinstance(event, _PIECES):
        parts, thinking = watched(changed.parts, session.thinking, session.show_reasoning, since, now)
        # Most of these events change neither, and each copy takes time.
        changed = changed if parts is changed.parts else replace(changed, parts=parts)
        alive = alive if thinking is alive.thinking else replace(alive, thinking=thinking)
    if isinstance(event, Cursor):
        return _with_current(alive, changed), effects
    effects = (*effects, Publish()) if not any(isinstance(one, Publish) for one in effects) else effects
    if isinstance(event, PartRestored):
        effects = (*(one for one in effects if not isinstance(one, Publish)), *_URGENT)
    elif isinstance(event, Started):
        changed = replace(changed, status=next_status(current.status, Trigger.STARTED) or current.status)
        alive = replace(alive, head_at=now)
        if session.resuming is not None:
            exact = session.resuming.way is ResumeMode.EXACT
            # A continuation that is resumed before it had any text is still a continuation.
            way = (exact and changed.resumed) or session.resuming.way
            closed = growth.ended if exact else growth.of_another
            changed = replace(changed, parts=closed(changed.parts), resumed=way if changed.text else None)
        effects = (*(one for one in effects if not isinstance(one, Publish)), *_URGENT)
    elif changed.said_something and not current.said_something and changed.timings.first_token is None:
        changed = replace(changed, timings=replace(changed.timings, first_token=now - session.begun_at))
        effects = (*(one for one in effects if not isinstance(one, Publish)), *_URGENT)
    return _with_current(alive, changed), effects


_PIECES: Final = (PartGrew, PartChanged, PartRestored, PartEnded)
"""Events with output of the model. All other events (cursor, usage) only show that the connection is alive."""


def _with_life(session: Session, event: Event, now: float) -> _Step:
    """Record a sign of life: end a silence that is shown; from the first token on, another timeout applies."""
    is_token = isinstance(event, _PIECES) or (isinstance(event, Alive) and event.working)
    alive = copied(session, life_at=now, token_at=now if is_token else session.token_at)
    looks = _watching(alive, now) if is_token and session.token_at is None else ()
    if session.document.idle is None:
        return alive, looks
    alive = replace(alive, document=replace(alive.document, idle=None))
    return alive, (*_watching(alive, now), *_URGENT)


def _closed(session: Session, now: float, chance: float) -> _Step:
    status = session.status
    if status is Status.CONNECTING:
        return _fail(session, Failed(closed_early(_words.ONLY_HEADERS)), now, chance)
    if status is not Status.STREAMING:
        return session, ()
    return _fail(session, Failed(Interrupted(_words.NO_END_MARK)), now, chance)


def _fail(session: Session, event: Failed, now: float, chance: float) -> _Step:
    failed = _thought(session, reduce(session.document.current, event), now)
    way = way_on(failed, session.way)
    resume = _resume_by_itself(session, failed, way) if text_of(session.parts) or way is ResumeMode.EXACT else None
    # If the provider still has the response, the request is not made, and paid for, a second time.
    said = has_output(failed.parts[session.begin :])
    anew = not said and way is not ResumeMode.EXACT
    if not (resume or anew) or session.document.retry_disabled_reason is not None:
        return _give_up(session, failed, now)
    attempt = 1 if resume is not None and _advanced(session) else failed.attempt
    failing = _Failing(failed, attempt, resume)
    if event.retry_in is not None:
        pace = session.document.replay or Pace()
        return _again(session, failing, pace.seconds(event.retry_in), now)
    elapsed = now - session.asked_at
    if type(session.policy) is RetryPolicy:
        seconds = session.policy.wait(attempt, event.error, chance, elapsed)
        if (limit := session.policy.limit_for(attempt, event.error)) is not None and failed.error is not None:
            failing = replace(failing, version=replace(failed, error=failed.error.with_wait_limit(limit)))
        return _again(session, failing, seconds, now)
    if attempt >= session.document.attempts:
        return _give_up(session, failed, now)
    # A user's policy can take any time, so it runs on another thread. The run number makes the old source's events
    # stale.
    document = replace(session.document, idle=None, queue_position=None, wait=None)
    asking = replace(session, document=document, run=session.run + 1, failing=failing)
    return asking, (
        CloseSource(session.run),
        AskPolicy(asking.run, attempt, event.error, chance, elapsed),
        *_URGENT,
    )


def _advanced(session: Session) -> bool:
    """Whether this attempt added something. If so, it does not count as failed, and the count of attempts restarts."""
    current, resuming = session.document.current, session.resuming
    return resuming is None or len(text_of(session.parts)) > len(resuming.text) or current.cursor != resuming.cursor


def _decide(session: Session, given: Decided, now: float) -> _Step:
    failing = session.failing
    if failing is None:
        return session, ()
    if given.fault is not None:
        failing = replace(failing, version=replace(failing.version, notice=given.fault))
    return _again(session, failing, given.seconds, now)


def _again(session: Session, failing: _Failing, seconds: float | None, now: float) -> _Step:
    """Wait `seconds` and repeat the attempt, or give up if it is None."""
    status = next_status(session.status, Trigger.BACKOFF) if seconds is not None else None
    if seconds is None or status is None:
        return _give_up(session, failing.version, now)
    waiting = replace(failing.version, status=status, attempt=failing.attempt + 1)
    document = replace(session.document, current=waiting, retry_at=seconds, idle=None, queue_position=None, wait=None)
    asked_at = now if failing.attempt == 1 and failing.resume is not None else session.asked_at
    waited = replace(
        session, document=document, run=session.run + 1, resuming=failing.resume, asked_at=asked_at, failing=None
    )
    return waited, (CloseSource(session.run), SetTimer(Tick(waited.run), seconds), *_URGENT)


def _give_up(session: Session, failed: Version, now: float) -> _Step:
    return _end(session, failed, Trigger.CUT if isinstance(failed.error, Interrupted) else Trigger.FAILED, now)


def _resume_by_itself(session: Session, version: Version, way: ResumeMode | None) -> ResumeFrom | None:
    if way is None or session.auto_resume is False or (way is not ResumeMode.EXACT and not session.auto_resume):
        return None
    return ResumeFrom(way, text_of(version.parts[session.begin :]), version.cursor)


def _end(session: Session, version: Version, trigger: Trigger, now: float) -> _Step:
    status = next_status(version.status, trigger)
    if status is None:
        return session, ()
    ended = replace(_timed(session, version, now), status=status)
    # A finished source may drain its connection, so that the next request can reuse it.
    closing: tuple[Effect, ...] = () if trigger is Trigger.FINISHED else (CloseSource(session.run),)
    return _at_rest(session, ended), (*closing, *_URGENT)


def _thought(session: Session, version: Version, now: float) -> Version:
    """Return the version after the reasoning has ended, with its duration."""
    return (
        version if session.thinking is None else replace(version, parts=settled(version.parts, session.thinking, now))
    )


def _timed(session: Session, version: Version, now: float) -> Version:
    """Return the version at its end, with its duration and that of its reasoning."""
    timings = Timings(version.timings.first_token, now - session.begun_at if session.run else None)
    return replace(_thought(session, version, now), timings=timings)


def _at_rest(session: Session, version: Version) -> Session:
    """Return the session after its answer has ended: nothing waits, and the document says how it can be resumed."""
    version = replace(version, parts=stopped(growth.ended(version.parts)))
    document = replace(
        session.document, current=version, retry_at=None, idle=None, queue_position=None, wait=None, checking=None
    )
    offered = None if session.document.retry_disabled_reason is not None else way_on(version, session.way)
    ended = replace(session, document=replace(document, resume=offered), failing=None, checking=None, thinking=None)
    return replace(ended, gate=None, safe=None)


def _stop(session: Session, now: float) -> _Step:
    status = next_status(session.status, Trigger.STOP)
    if status is None:
        return session, ()
    session, missing = _left_out(session)
    current = session.document.current
    if missing:
        current = replace(current, notice=_words.left_out_unjudged(missing))
    halted = replace(
        _timed(session, current, now),
        status=status,
        error=Stopped(text=current.text, request_id=current.request_id),
    )
    # The new run number makes all further events of the closing source stale.
    return replace(_at_rest(session, halted), run=session.run + 1), (CloseSource(session.run), *_URGENT)


def _retry(session: Session, given: Retry, now: float) -> _Step:
    document = session.document
    if document.retry_disabled_reason is not None or next_status(session.status, Trigger.RETRY) is None:
        return session, ()
    queued = session.status is Status.QUEUED
    if queued and not document.can_hurry:
        return session, ()
    restart = session.status in TERMINAL
    if restart:
        last = document.current
        former = (*document.former, last) if last.said_something else document.former
        # The next head says more; until then it is what the last one said, unless another model is asked.
        origin = given.origin or document.versions[0].origin if given.ask != session.ask else last.origin
        fresh = Version(status=last.status, origin=origin, root=last.root, changed=given.changed)
        session = replace(
            session,
            document=replace(document, current=fresh, former=former, shown=len(former)),
            asked_at=now,
            resuming=None,
            round=0,
            begin=0,
            allowed=frozenset(),
            requests=0,
            ask=given.ask,
            told=_told(session, last),
            repairs=0,
        )
    closing: tuple[Effect, ...] = (CloseSource(session.run),) if queued else ()  # it is in the queue
    opened, effects = _open(session, Trigger.RETRY, now)
    effects = (*closing, *effects)
    return opened, _restarting(effects)


def _restarting(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """Return the effects where what is shown does not continue what was shown before."""
    return tuple(Publish(urgent=True, restart=True) if isinstance(one, Publish) else one for one in effects)


def _take_up(session: Session, now: float) -> _Step:
    document = session.document
    way = document.resume
    if way is None or next_status(session.status, Trigger.RESUME) is None:
        return session, ()
    session = _behind_calls(session)
    current = replace(session.document.current, attempt=1)
    # The time since the end is not the answer's.
    session = replace(session, begun_at=now - (current.timings.total or 0.0))
    shown = len(document.former)
    text = text_of(session.parts)
    # If this round has no text yet, its request is made again.
    resuming = ResumeFrom(way, text, current.cursor) if text or way is ResumeMode.EXACT else None
    taken = replace(session, document=replace(document, current=current, shown=shown), resuming=resuming, asked_at=now)
    opened, effects = _open(taken, Trigger.RESUME, now)
    if document.shown == shown:
        return opened, effects
    return opened, _restarting(effects)


def _select(session: Session, index: int) -> _Step:
    document = session.document
    if session.status not in TERMINAL or not 0 <= index < len(document.versions) or index == document.shown:
        return session, ()
    return replace(session, document=replace(document, shown=index)), (Publish(urgent=True, restart=True),)


def _pace(session: Session, given: SetPace | TakeStep) -> _Step:
    """Change how a recording is played. A step pauses it; what was paused before is played by the stream."""
    pace = session.document.replay
    if pace is None:
        return session, ()
    pace = given.pace if isinstance(given, SetPace) else replace(pace, playing=False)
    return replace(session, document=replace(session.document, replay=pace)), _URGENT


def _act(session: Session, given: Act, now: float) -> _Step:
    current = session.document.current
    shown = session.document.version is current
    part = current.parts[given.part] if shown and 0 <= given.part < len(current.parts) else None
    fields = None if part is None else part.act(given.action, given.value)
    if part is None or fields is None:
        return session, ()
    changed = part.with_fields(fields)
    acted = _with_current(session, replace(current, parts=_with(current.parts, given.part, changed)))
    return _decided(acted, given.part, now) if isinstance(changed, ToolCall) else (acted, _URGENT)


# -- structured answers ------------------------------------------------------------------------------------------------


def _check(session: Session, event: Finished) -> _Step | None:
    """Have a structured answer checked before it ends; return None if there is nothing to check."""
    if session.structure is None or not session.structure.checks or not is_whole(event, session.parts):
        return None
    current = session.document.current
    # A source may say nothing but its end; to be asked again, the answer must have begun.
    begun = next_status(current.status, Trigger.STARTED) or current.status
    closed = replace(current, status=begun, parts=growth.ended(current.parts))
    checking = replace(_with_current(session, closed), checking=event)
    return checking, (Validate(session.run, text_of(session.parts)), Publish())


def _validated(session: Session, given: Validated, now: float) -> _Step:
    """End a structured answer that was checked, or tell the model what is wrong with it and ask again."""
    event, rules = session.checking, session.structure
    if event is None or rules is None:
        return session, ()
    session = replace(session, checking=None)
    version = reduce(session.document.current, event)
    if given.checked is not None:
        return _end(session, replace(version, checked=given.checked), Trigger.FINISHED, now)
    error = InvalidAnswer.unchecked(given.fault) if given.fault else InvalidAnswer.of(given.errors, given.count)
    failed = reduce(version, Failed(error))
    if given.fault or session.repairs >= rules.repairs or session.document.retry_disabled_reason is not None:
        return _end(session, failed, Trigger.FAILED, now)
    return _repair(session, failed, now)


def _repair(session: Session, invalid: Version, now: float) -> _Step:
    """Keep the invalid answer as a former version, and ask again with what is wrong with it."""
    kept = replace(_timed(session, invalid, now), status=Status.FAILED)
    former = session.document.former
    if kept.said_something:
        former = (*former, replace(kept, parts=growth.ended(kept.parts)))
    fresh = Version(
        status=session.status,
        origin=invalid.origin,
        usage=invalid.usage,
        spent=invalid.usage,
        root=invalid.root,
        changed=invalid.changed,
    )
    document = replace(session.document, current=fresh, former=former, shown=len(former))
    anew = replace(
        session,
        document=document,
        begin=0,
        resuming=None,
        thinking=None,
        asked_at=now,
        told=_told(session, kept),
        repairs=session.repairs + 1,
    )
    opened, effects = _open(anew, Trigger.REPAIR, now)
    return opened, _restarting(effects)


def _told(session: Session, invalid: Version) -> tuple[Mapping[str, Any], ...]:
    """Return the messages that tell the model what is wrong with an answer; empty if the user does not want that."""
    error = invalid.error
    if session.structure is None or session.structure.repairs == 0 or not isinstance(error, InvalidAnswer):
        return ()
    said = {"role": "user", "content": correction(error.errors)}
    return (*session.told, *conversation(invalid.parts), said) if error.errors else ()


# -- moderation --------------------------------------------------------------------------------------------------------


def _enter(session: Session, given: Received | Closed | ToolEnded, now: float, chance: float) -> _Step:
    """Let what came wait in the gate, and carry out what the gate releases."""
    gate = session.gate
    running = session.status in (Status.CONNECTING, Status.STREAMING)
    if gate is None or (not isinstance(given, ToolEnded) and (gate.closed or not running)):
        return session, ()
    effects: tuple[Effect, ...] = ()
    came = given.event if isinstance(given, Received) else given
    since = _last_output(session)
    if isinstance(given, Received) and not isinstance(came, Failed):
        begun = session
        session, effects = _with_life(session, given.event, now)
        if isinstance(came, Alive):
            return session, effects
        if isinstance(came, Started):  # nothing has come before it
            return _receive(begun, came, now, chance)
        came = given.event
    key, text, alone = told(came, gate.rules, begun=session.status is Status.STREAMING)
    last = isinstance(came, (Finished, Failed, Closed))
    entered = gate.entering(
        came, key=key, text=text, at=now, since=since, ends=last or isinstance(came, ToolEnded), alone=alone, last=last
    )
    if gate.rules.mode == "watch" and isinstance(came, _SHOWN):
        safe = session.document.current if session.safe is None else session.safe
        session, effects = _apply(session, came, effects, since, now)
        session = copied(session, safe=safe)
    return _move(copied(session, gate=entered), effects, now, chance)


_SHOWN: Final = (*_PIECES, Cursor, UsageReported)
"""The events that change the answer while it streams."""


def _move(session: Session, effects: tuple[Effect, ...], now: float, chance: float) -> _Step:
    """Have texts judged, and carry out what may be released now."""
    gate = session.gate
    if gate is None:
        return session, effects
    gate, windows, freed = gate.moving()
    session = copied(session, gate=gate)
    if windows:
        session = _counted(session, calls=len(windows))
        effects = (*effects, *(Judge(session.run, one.number, one.text) for one in windows))
    for item in freed:
        session, more = _free(session, item, now, chance)
        effects = (*effects, *more)
    if session.safe is not None and (session.gate is None or not session.gate.items):
        session = copied(session, safe=None)
    checking = _checking(session.gate)
    if checking == session.document.checking:
        return session, effects
    return replace(session, document=replace(session.document, checking=checking)), (*effects, Publish())


def _checking(gate: Gate | None) -> Checking | None:
    if gate is None or not gate.items:
        return None
    last = gate.items[-1]
    if last.ends:
        return "prompt" if isinstance(last.given, OpenSource) else "end"
    return "text" if gate.rules.mode == "hold" and gate.held else None


def _free(session: Session, item: Item, now: float, chance: float) -> _Step:
    """Carry out what the gate has released."""
    given = item.given
    if item.ends:
        session = _counted(session, delay=now - item.at)
    if isinstance(given, OpenSource):
        passed = session.passed | {session.ask}
        opened = replace(session, passed=passed, opened_at=now, begun_at=now, life_at=now, head_at=now)
        return opened, (given, *_watching(opened, now), *_URGENT)
    if isinstance(given, ToolEnded):
        return _of_call(session, given, now)
    if isinstance(given, Closed):
        return _closed(session, now, chance)
    if isinstance(given, Failed):
        return _fail(session, given, now, chance)
    if isinstance(given, Finished):
        return _finish(session, given, now)
    if session.safe is not None:
        safe = reduce(session.safe, _said(session, given, session.safe, item.at))
        return copied(session, safe=safe), ()
    return _apply(session, given, (), item.since, item.at)


def _counted(session: Session, *, calls: int = 0, delay: float = 0.0, fault: str = "") -> Session:
    current = session.document.current
    known = current.moderation or Judging()
    counted = Judging(
        known.calls + calls, known.delay + delay, known.failures + (1 if fault else 0), fault or known.fault
    )
    return _with_current(session, copied(current, moderation=counted))


def _judged(session: Session, given: Judged, now: float, chance: float) -> _Step:
    """Process a verdict. One on a text that does not wait any more is ignored."""
    gate = session.gate
    window = None if gate is None else gate.window(given.number)
    if gate is None or window is None:
        return session, ()
    key = window.key
    is_prompt = isinstance(key, Key) and key.what == "prompt"
    if given.verdict is None:
        session = _counted(session, fault=given.fault)
        if gate.rules.on_failure == "closed":
            title = _words.NOT_JUDGED_PROMPT if is_prompt else None
            return _block(session, ModerationFailed(_words.moderator_failed(given.fault), title=title), now)
    elif given.verdict.flagged:
        return _block(session, _flagged(given.verdict, gate.rules, is_prompt=is_prompt), now)
    return _move(copied(session, gate=gate.passing(given.number)), (), now, chance)


def _flagged(verdict: Verdict, rules: Moderation, *, is_prompt: bool) -> Flagged:
    if is_prompt:
        steps = (Step(_words.REPHRASE),)
        return Flagged(_words.NOTHING_SENT, categories=verdict.scores, title=_words.FLAGGED_PROMPT, steps=steps)
    detail = _words.WITHHELD_BUT_LOGGED if rules.keep_flagged else _words.WITHHELD
    return Flagged(detail, categories=verdict.scores)


def _block(session: Session, error: Flagged | ModerationFailed, now: float) -> _Step:
    """End the answer at once, without what was not judged."""
    session, _ = _left_out(session)
    return _end(session, reduce(session.document.current, Failed(error)), Trigger.FAILED, now)


def _left_out(session: Session) -> tuple[Session, int]:
    """Return the session without what waits for a verdict, and how many characters that were."""
    gate, safe, current = session.gate, session.safe, session.document.current
    if gate is None or not gate.items:
        return session, 0
    if safe is not None:
        current = replace(current, parts=timed_as(safe.parts, current.parts), resumed=safe.resumed)
    # The source has read further than the answer goes, so it cannot continue the answer at this place.
    current = replace(current, cursor=None)
    prompt = isinstance(gate.items[0].given, OpenSource)
    return replace(_with_current(session, current), gate=None, safe=None), 0 if prompt else gate.held


# -- rounds of tools ---------------------------------------------------------------------------------------------------


def _call(session: Session, event: Finished, now: float) -> _Step | None:
    """Begin a round of tool calls if the answer has ended with calls that run here; else return None."""
    current, rules = session.document.current, session.tools
    calls = awaited(rules, current.parts, session.begin) if event.reason in ("tool_calls", "stop") else []
    if rules is None or not calls:
        return None
    number = session.round + 1
    if number > rules.max_rounds:
        return _end(session, reduce(current, Failed(TooManyRounds.after(rules.max_rounds))), Trigger.FAILED, now)
    status = next_status(current.status, Trigger.CALL) or current.status
    parts = round_of(rules, growth.ended(current.parts), calls, number, session.allowed)
    called = replace(current, parts=parts, status=status, echoes=within(current.echoes, event.echoes))
    calling = _with_current(replace(session, round=number), called)
    return _after_calls(calling, calls, now)


def _after_calls(session: Session, calls: Sequence[int], now: float) -> _Step:
    """Return the effects for these calls: run those that are approved, or ask the user's function about them."""
    parts = session.document.current.parts
    effects: list[Effect] = []
    for at in calls:
        call = parts[at]
        if isinstance(call, ToolCall) and call.state in (CallState.RUNNING, CallState.CALLED):
            ask = RunTool if call.state is CallState.RUNNING else AskApproval
            effects.append(ask(session.run, at, call.label, call.asked_for))
    if left(parts, session.begin):
        return session, (*effects, *_URGENT)
    return _reply(session, Trigger.REPLY, now)


def _reply(session: Session, trigger: Trigger, now: float) -> _Step:
    """Send the results of the calls to the model, with the next request of this answer."""
    return _open(replace(_behind_calls(session), resuming=None, asked_at=now), trigger, now)


def _behind_calls(session: Session) -> Session:
    """Return the session with the calls of the last round, if any, behind it: the next part is of a new response."""
    current = session.document.current
    if not any(isinstance(part, ToolCall) and part.round == session.round for part in session.parts):
        return session
    behind = replace(current, parts=growth.of_another(current.parts), attempt=1, spent=current.usage, cursor=None)
    return replace(_with_current(session, behind), begin=len(behind.parts))


def _of_call(session: Session, given: Approved | ToolEnded, now: float) -> _Step:
    """Process a decision of the user's function on a call, or a call's result. Late inputs are ignored."""
    current = session.document.current
    call = current.parts[given.part] if 0 <= given.part < len(current.parts) else None
    expected = CallState.CALLED if isinstance(given, Approved) else CallState.RUNNING
    if session.status is not Status.CALLING or not isinstance(call, ToolCall) or call.state is not expected:
        return session, ()
    if isinstance(given, ToolEnded):
        changed = call.with_fields(given.fields)
    else:
        changed = decide(call, "ask" if given.allow is None else "yes" if given.allow else "no")
    parts = _with(current.parts, given.part, changed)
    return _after_calls(_with_current(session, replace(current, parts=parts)), (given.part,), now)


def _decided(session: Session, at: int, now: float) -> _Step:
    """Process the user's decision on call `at`. If it approves the tool for good, that tool's waiting calls run too."""
    current = session.document.current
    call = current.parts[at]
    if session.status is not Status.CALLING or not isinstance(call, ToolCall):
        return session, ()
    calls, parts = [at], list(current.parts)
    if call.always:
        session = replace(session, allowed=session.allowed | {call.label})
        for other, part in enumerate(parts):
            if isinstance(part, ToolCall) and part.label == call.label and part.state is CallState.ASKED:
                parts[other] = decide(part, "yes")
                calls.append(other)
    return _after_calls(_with_current(session, replace(current, parts=tuple(parts))), calls, now)


def _with(parts: tuple[Part, ...], at: int, part: Part) -> tuple[Part, ...]:
    return (*parts[:at], part, *parts[at + 1 :])


def _with_current(session: Session, version: Version) -> Session:
    return copied(session, document=copied(session.document, current=version))
