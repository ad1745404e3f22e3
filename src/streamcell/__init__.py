"""Stream a language model's answer into a Jupyter cell as live Markdown, with Stop and Retry.

`stream_cell(prompt)` shows a cell and returns it immediately; see its docstring.
"""

from ._api import configure, stream_cell
from ._chat import stream_chat
from ._compare import stream_compare
from ._errors import (
    AuthenticationFailed,
    BadData,
    BadRequest,
    ConnectionFailed,
    ContentFiltered,
    ContextTooLong,
    Flagged,
    Interrupted,
    InvalidAnswer,
    ModelNotFound,
    ModerationFailed,
    NoKey,
    NotAStream,
    NotRecorded,
    PermissionDenied,
    ProviderFailed,
    QuotaExhausted,
    RateLimited,
    SourceFailed,
    Stalled,
    Stopped,
    StreamCellError,
    TimedOut,
    TooManyRounds,
)
from ._recordings import record_notebook, recording
from ._version import __version__
from .answer.document import Version
from .answer.moderation import Judging, Moderation, Verdict
from .answer.parts import Citation, Json, Part, Reasoning, Refusal, Text, ToolCall, Unknown
from .answer.retry import RetryPolicy
from .answer.stats import Segment, Stats
from .answer.timeouts import Timeouts
from .engine.driver import limits
from .engine.history import history
from .engine.log import Log
from .notebook.chat import StreamChat
from .notebook.compare import StreamCompare
from .notebook.widget import StreamCell
from .ratelimit.limiter import Limits
from .request.history import Trim
from .request.request import Request
from .sources import register_source

__all__ = [
    "AuthenticationFailed",
    "BadData",
    "BadRequest",
    "Citation",
    "ConnectionFailed",
    "ContentFiltered",
    "ContextTooLong",
    "Flagged",
    "Interrupted",
    "InvalidAnswer",
    "Json",
    "Judging",
    "Limits",
    "Log",
    "ModelNotFound",
    "Moderation",
    "ModerationFailed",
    "NoKey",
    "NotAStream",
    "NotRecorded",
    "Part",
    "PermissionDenied",
    "ProviderFailed",
    "QuotaExhausted",
    "RateLimited",
    "Reasoning",
    "Refusal",
    "Request",
    "RetryPolicy",
    "Segment",
    "SourceFailed",
    "Stalled",
    "Stats",
    "Stopped",
    "StreamCell",
    "StreamCellError",
    "StreamChat",
    "StreamCompare",
    "Text",
    "TimedOut",
    "Timeouts",
    "TooManyRounds",
    "ToolCall",
    "Trim",
    "Unknown",
    "Verdict",
    "Version",
    "__version__",
    "configure",
    "history",
    "limits",
    "record_notebook",
    "recording",
    "register_source",
    "stream_cell",
    "stream_chat",
    "stream_compare",
]
