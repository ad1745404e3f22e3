"""The kinds of parts that an answer can have, one module each. To add a kind, add a module and import it here."""

from .base import KINDS, Part, body_of, conversation, defaults, has_output, text_of
from .citation import Citation
from .commentary import Commentary
from .hosted_tool import HostedTool
from .image import Image
from .json import Json
from .reasoning import Reasoning, ShowReasoning
from .refusal import Refusal
from .text import Text
from .tokens import Tokens, tokens_of
from .tool_call import CallState, ToolCall
from .unknown import Unknown

__all__ = [
    "KINDS",
    "CallState",
    "Citation",
    "Commentary",
    "HostedTool",
    "Image",
    "Json",
    "Part",
    "Reasoning",
    "Refusal",
    "ShowReasoning",
    "Text",
    "Tokens",
    "ToolCall",
    "Unknown",
    "body_of",
    "conversation",
    "defaults",
    "has_output",
    "text_of",
    "tokens_of",
]
