"""Exports and plain readers: the answer once, no error, nothing fetched, no widget state."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import nbconvert
import nbformat
import pytest

from .notebooks import run

SENTENCE = "The owl in the lighthouse counts every wave"
ANSWER = f"# A saved answer\n\n{SENTENCE} of $5 and $6, \\\\(a < b\\\\).\n\n<img src=x onerror=alert(1)>\n\n- one\n"
ASK = f"from streamcell import stream_cell\ncell = stream_cell('''{ANSWER}''', model='rehearsal/echo?rate=0')"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A notebook that was run and saved; what a page saves is the same, see tests/browser."""
    done, notebook = run(tmp_path_factory.mktemp("static"), [ASK])
    assert done.returncode == 0, done.stderr
    return notebook


class _Shown(HTMLParser):
    """What a page shows, and what it fetches or runs."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.addresses: set[str] = set()
        self.handlers: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        for name, value in attrs:
            if name in ("src", "href") and value and not value.startswith("#"):
                self.addresses.add(value)
            if name.startswith("on"):
                self.handlers.append(f"{tag} {name}")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data


def shown(html: str) -> _Shown:
    parser = _Shown()
    parser.feed(html)
    return parser


def html_of(notebook: Any, template: str) -> str:
    body, _ = nbconvert.HTMLExporter(template_name=template).from_notebook_node(notebook)
    return str(body)


@pytest.mark.filterwarnings("ignore")  # nbconvert's own
@pytest.mark.parametrize("template", ["lab", "classic", "basic", "webpdf"])
def test_html_shows_the_answer_once_and_fetches_nothing_for_it(notebook: Any, template: str) -> None:
    """`webpdf` is the page that `--to webpdf` prints."""
    page = shown(html_of(notebook, template))
    # The cell's source has the sentence too.
    assert page.text.count(SENTENCE) == 2
    assert "A saved answer" in page.text
    assert "Error" not in page.text
    assert page.handlers == []
    empty = nbformat.v4.new_notebook(metadata=notebook.metadata)
    assert {one for one in page.addresses if "://" in one} == {
        one for one in shown(html_of(empty, template)).addresses if "://" in one
    }


@pytest.mark.filterwarnings("ignore")
def test_markdown_has_the_answer_once(notebook: Any) -> None:
    body, resources = nbconvert.MarkdownExporter().from_notebook_node(notebook)
    _, _, output = body.partition("```\n")
    assert output.count(SENTENCE) == 1
    assert "\n# A saved answer\n" in body
    assert "<img" not in output.replace("&lt;img", "")
    assert resources["outputs"] == {}


@pytest.mark.parametrize("known", [("text/markdown", "text/plain"), ("text/plain",)])
def test_a_reader_that_knows_little_shows_the_answer_once(notebook: Any, known: tuple[str, ...]) -> None:
    """As GitHub and nbviewer do: of each output the first type that they know."""
    rendered = []
    for output in notebook.cells[0].outputs:
        best = next((kind for kind in known if kind in output.get("data", {})), None)
        assert best is not None, "an output that such a reader cannot show"
        rendered.append(output["data"][best])
    assert "".join(rendered).count(SENTENCE) == 1
    assert not re.search(r"Widget|widget|StreamCell|model_id", "".join(rendered))


def test_the_plain_text_is_the_answer_as_it_came(notebook: Any) -> None:
    (output,) = notebook.cells[0].outputs
    assert output["data"]["text/plain"] == ANSWER.replace("\\\\", "\\")
