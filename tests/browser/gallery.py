"""What an answer may show beside its text: a cell's source for each, and what the picture of it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from .notebook import Notebook

IMPORT: Final = "from streamcell import stream_cell\n"
TOOL: Final = """
def weather(city: str) -> str:
    "Say how the weather is in a city."
    return f"Sunny in {city}, 21 degrees"

def depth(river: str) -> str:
    "Say how deep a river is."
    raise ValueError(f"no gauge in {river}")

"""

RIVERS: Final = """
from pydantic import BaseModel

class River(BaseModel):
    name: str
    km: int
    countries: list[str]

class Rivers(BaseModel):
    title: str
    rivers: list[River]

"""


SHORTER: Final = """
cell.result()
cell.retry(model="rehearsal/tour?rate=0&seed=1", max_output_tokens=30)
cell.result()"""


STALLED: Final = "stall?after=40&seconds=600&rate=0&seed=1"
TIMES: Final = "from streamcell import Timeouts\n"

QUEUE: Final = """from streamcell import configure
configure(max_concurrency=1)
first = stream_cell("And before it", model="rehearsal/slow_head?seconds=601", display=False)
"""

STOP: Final = """
text = ""
async for delta in cell:
    text += delta
    if text.endswith("the higher the"):  # all that comes before the silence
        break
cell.stop()"""


class Shown(NamedTuple):
    """A cell; `status` is where it stands, `says` what the picture shows, `opens` the button that opens a panel.

    `waits` is a text that it shows then, and `over` what has the focus.
    """

    source: str
    status: str
    says: str
    opens: str = ""
    waits: str = ""
    over: str = ""

    def open(self, notebook: Notebook, index: int) -> None:
        """Open the panel of the cell, and wait until it shows all."""
        if self.opens:
            notebook.button(index, self.opens).click()
            notebook.view(index).locator(".sc-piece, .sc-difference ins").first.wait_for()
        if self.waits:
            notebook.view(index).get_by_text(self.waits).first.wait_for()
        self.point(notebook, index)

    def point(self, notebook: Notebook, index: int) -> None:
        """Put the focus where the picture shows something."""
        if self.over:
            notebook.view(index).locator(self.over).focus()
            notebook.view(index).get_by_role("toolbar").wait_for()


def _ask(prompt: str, model: str, options: str = "", before: str = "") -> str:
    return f"{IMPORT}{before}cell = stream_cell({prompt!r}, model={'rehearsal/' + model!r}{options})"


MCP: Final = '{"type": "mcp", "server_label": "atlas", "server_url": "https://example.org/mcp"}'
MODERATION: Final = "from streamcell import Moderation\n"
JUDGE: Final = (
    "def judge(text):\n"
    "    scores = {'violence/graphic': 0.91, 'harassment': 0.62, 'company policy': None}\n"
    "    return {'flagged': 'joules' in text, 'categories': scores}\n\n"
)
THINKS: Final = ', reasoning={"summary": "auto"}'

SHOWN: Final = {
    "reasoning": Shown(
        _ask("Explain entropy", "tour?rate=0&seed=1", f"{THINKS}, show_reasoning='open', max_output_tokens=90"),
        "done",
        "The model's reasoning, in a fold that says how long it took. `show_reasoning=` says when it is open.",
    ),
    "hosted": Shown(
        _ask("Which river is the longest?", "hosted?rate=0", f", api='responses', tools=[{MCP}]{THINKS}"),
        "calling",
        "Tools that the provider runs, each in a fold, with commentary before them. An MCP tool may ask first.",
    ),
    "approval": Shown(
        _ask("Do I need an umbrella?", "tools?rate=0", ", tools=[weather]", TOOL),
        "calling",
        "A call of one of your tools asks before it runs.",
    ),
    "calls": Shown(
        _ask("Do I need an umbrella?", "tools?rate=0&parallel=1", ", tools=[weather, depth], approve=True", TOOL),
        "done",
        "Two calls that have run: one returned a text, the other raised an error.",
    ),
    "structured": Shown(
        _ask("The longest rivers", "structured?rate=0", ", response_format=Rivers", RIVERS),
        "done",
        "A structured answer as a tree. Its records can be shown as a table, and its JSON as text.",
    ),
    "invalid": Shown(
        _ask("The longest rivers", "structured?rate=0&wrong=3&records=2", ", response_format=Rivers", RIVERS),
        "failed",
        "A structured answer that does not fit the schema: the card names each place and the reason.",
    ),
    "sources": Shown(
        _ask("How do rivers work?", "citations?rate=0"),
        "done",
        "The sources of an answer, with the host of each in sight. A file has its id.",
    ),
    "probabilities": Shown(
        _ask("Explain entropy", "tour?rate=0&seed=1", ", logprobs=True, top_logprobs=4, max_output_tokens=90"),
        "done",
        "The tokens of a text, coloured by probability, in place of its Markdown, which is a switch away.",
    ),
    "details": Shown(
        _ask("Do I need an umbrella?", "rate_limit?retry_after=1,tools", ", tools=[weather], approve=True", TOOL),
        "done",
        "Details: an answer's numbers, and when it was refused, tried again, and used a tool.",
        opens="Details",
    ),
    "comparison": Shown(
        _ask("Entropy counts the leaps", "echo?rate=0") + SHORTER,
        "done",
        "Two versions, compared word by word. The line says what the second one was asked with.",
        opens="Compare",
    ),
    "flagged": Shown(
        _ask("Explain entropy", "tour?rate=0&seed=1", ", moderator=judge", JUDGE),
        "failed",
        "A moderator has flagged the answer. What was before that stays, and the card has the categories with scores.",
    ),
    "flagged-prompt": Shown(
        _ask("Say flag-violence", "echo?rate=0", ", moderator=Moderation('openai', prompt=True)", MODERATION),
        "failed",
        "The moderation endpoint has flagged the prompt, so nothing was sent.",
    ),
    "checking": Shown(
        _ask("Explain entropy", "stall?after=130&seconds=600&rate=0&seed=1", ", moderator=lambda text: False"),
        "streaming",
        "Text is shown once it was judged, so the last words wait for those behind them.",
    ),
    "not-judged": Shown(
        _ask(
            "Explain entropy",
            "tour?rate=0&seed=1",
            ", max_output_tokens=60, moderator=Moderation(judge, on_failure='open')",
            f"{MODERATION}def judge(text):\n    raise KeyError('no such model')\n\n",
        ),
        "done",
        "The moderator raised an error, and `on_failure='open'` shows the text nevertheless, with a notice.",
    ),
    "not-judged-closed": Shown(
        _ask("Say moderation-500", "echo?rate=0", ", moderator='openai'"),
        "failed",
        "The moderation endpoint has failed, so nothing is shown: that is the default.",
    ),
    "connecting": Shown(
        _ask("Explain entropy", "slow_head?seconds=600"),
        "connecting",
        "The request is under way, and nothing has come yet.",
    ),
    "waiting": Shown(
        _ask("Explain entropy", "rate_limit?retry_after=50"),
        "waiting",
        "A refused attempt waits for the next one. Retry now cuts the wait short.",
    ),
    "silent": Shown(
        _ask(
            "Explain entropy", "stall?after=40&seconds=600&rate=0&seed=1", ", timeouts=Timeouts(notify_after=1)", TIMES
        ),
        "streaming",
        "A server that says nothing: for how long, and when the cell gives up.",
        waits="given up after",
    ),
    "stopped": Shown(
        _ask("Explain entropy", STALLED) + STOP,
        "stopped",
        "Stopped by the user. The text is kept, and Continue is where Stop was.",
        waits="Continue",
    ),
    "prompt": Shown(
        _ask("Explain entropy", "tour?rate=0&seed=1", ", show_prompt=True, max_output_tokens=60"),
        "done",
        "What was asked, above the answer, with `show_prompt=True`.",
    ),
    "code": Shown(
        _ask("```python\nprint(6 * 7)\n```\n", "echo?rate=0"),
        "done",
        "The tools of a block of code, which are there while the pointer or the focus is.",
        over=".sc-code pre",
    ),
    "image": Shown(
        _ask("Draw a river", "images?rate=0"),
        "done",
        "An image of the model, with its size and a button to download it.",
    ),
    "not-an-image": Shown(
        _ask("Draw a river", "images?rate=0&hostile=1"),
        "done",
        "What came as an image and is none, or is only an address, which nothing loads.",
    ),
    "queued": Shown(
        _ask("Explain entropy", "slow_head?seconds=601", "", QUEUE),
        "queued",
        "No more than `max_concurrency` answers stream at once. The others wait, and say at which place.",
    ),
}
