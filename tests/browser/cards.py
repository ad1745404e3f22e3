"""What each card is shown for: a cell's source, and what the card says first."""

from __future__ import annotations

from typing import Final, NamedTuple

IMPORTS: Final = "import openai\nfrom streamcell import RetryPolicy, Timeouts, stream_cell\n"


class Shown(NamedTuple):
    """A cell that ends in a card; `status` is how it ends, `title` what the card is headed with."""

    source: str
    status: str
    title: str


def _rehearse(scenario: str, status: str, title: str, options: str = "retry=1") -> Shown:
    separator = "&" if "?" in scenario else "?"
    model = f"rehearsal/{scenario}{separator}rate=400"
    return Shown(f"{IMPORTS}cell = stream_cell('Explain entropy', model={model!r}, {options})", status, title)


def _at(address: str, status: str, title: str) -> Shown:
    client = f"openai.AsyncOpenAI(api_key='-', base_url={address!r})"
    return Shown(f"{IMPORTS}cell = stream_cell('Explain entropy', model='m', client={client}, retry=1)", status, title)


CARDS: Final = {
    "no-key": Shown(
        f"{IMPORTS}import os\nfor name in ('OPENAI_API_KEY', 'OPENAI_BASE_URL'):\n    os.environ.pop(name, None)\n"
        "cell = stream_cell('Explain entropy', model='gpt-5.4-mini')",
        "failed",
        "No API key",
    ),
    "wrong-key": _rehearse("unauthorized", "failed", "The API key was not accepted"),
    "not-allowed": _rehearse("forbidden", "failed", "This key may not use this model or region"),
    "unknown-model": _rehearse("no_model", "failed", "The server does not have this model"),
    "no-such-address": _rehearse("no_route", "failed", "The server has no such address", "api='chat'"),
    "context-too-long": _rehearse("too_long", "failed", "The prompt is too long for this model"),
    "bad-request": _rehearse("bad_request", "failed", "The server refused this request"),
    "rate-limit": _rehearse("rate_limit?retry_after=90", "failed", "Rate limit reached", "retry=2"),
    "quota": _rehearse("quota", "failed", "The account's quota is used up"),
    "refused": _at("http://127.0.0.1:1/v1", "failed", "The server refused the connection"),
    "no-tls": Shown(
        f"{IMPORTS}from streamcell import rehearsal\n"
        "address = rehearsal.shared().base_url.replace('http:', 'https:')\n"
        "client = openai.AsyncOpenAI(api_key='-', base_url=address)\n"
        "cell = stream_cell('Explain entropy', model='m', client=client, retry=1)",
        "failed",
        "No secure connection to the server",
    ),
    "time-out": _rehearse(
        "slow_head?seconds=60",
        "failed",
        "The server did not answer in time",
        "retry=1, timeouts=Timeouts(first_token=1)",
    ),
    "cut": _rehearse("drop?after=40", "interrupted", "The answer was cut off"),
    "stalled": _rehearse(
        "stall?after=40", "interrupted", "The server fell silent", "timeouts=Timeouts(between_chunks=1)"
    ),
    "providers-fault": _rehearse("error?after=40", "failed", "The provider reported an error"),
    "bad-data": _rehearse("bad_json?after=40", "failed", "The server sent data that cannot be read"),
    "no-stream": _rehearse("html", "failed", "The server's answer is not a stream"),
}
