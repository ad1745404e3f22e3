"""Stream a language model's answer into a Jupyter cell as live Markdown, with Stop and Retry.

`stream_cell(prompt)` shows the cell at once and returns at once; see its docstring.
"""

from ._api import configure, stream_cell
from ._document import Version
from ._driver import limits
from ._errors import (
    AuthenticationFailed,
    BadData,
    BadRequest,
    ConnectionFailed,
    ContentFiltered,
    ContextTooLong,
    Interrupted,
    ModelNotFound,
    NoKey,
    NotAStream,
    PermissionDenied,
    ProviderFailed,
    QuotaExhausted,
    RateLimited,
    SourceFailed,
    Stalled,
    Stopped,
    StreamCellError,
    TimedOut,
)
from ._lanes import Limits
from ._log import Log
from ._request import Request
from ._retry import RetryPolicy
from ._timeouts import Timeouts
from ._version import __version__
from ._widget import StreamCell

__all__ = [
    "AuthenticationFailed",
    "BadData",
    "BadRequest",
    "ConnectionFailed",
    "ContentFiltered",
    "ContextTooLong",
    "Interrupted",
    "Limits",
    "Log",
    "ModelNotFound",
    "NoKey",
    "NotAStream",
    "PermissionDenied",
    "ProviderFailed",
    "QuotaExhausted",
    "RateLimited",
    "Request",
    "RetryPolicy",
    "SourceFailed",
    "Stalled",
    "Stopped",
    "StreamCell",
    "StreamCellError",
    "TimedOut",
    "Timeouts",
    "Version",
    "__version__",
    "configure",
    "limits",
    "stream_cell",
]
