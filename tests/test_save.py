"""`cell.save`: Markdown, a page and a plain value, with what was asked; safe to open, whole or not at all."""

from __future__ import annotations

import contextlib
import html.parser
import json
import re
from pathlib import Path

import openai
import pytest

from streamcell import StreamCell, stream_cell
from streamcell.engine.writing import replacing
from streamcell.notebook.export import SUFFIXES
from streamcell.rehearsal import RehearsalServer
from streamcell.saved.page import page

KEY = "sk-proj-1234567890abcdefghij"
ECHO = "rehearsal/echo"
TIMEOUT = 60


@pytest.fixture(autouse=True)
def _server(embedded: RehearsalServer) -> RehearsalServer:
    return embedded


def ended(prompt: str, **options: object) -> StreamCell:
    cell = stream_cell(prompt, **{"model": ECHO, "display": False, **options})
    cell.result(TIMEOUT)
    return cell


def test_markdown_has_what_was_asked_the_model_and_the_time_at_its_head(tmp_path: Path) -> None:
    cell = ended("Explain *entropy*, e.g. `S = k ln W`.\n\nTwo lines.")
    cell.save(tmp_path / "answer.md")
    saved = (tmp_path / "answer.md").read_text("utf-8")
    head = re.match(
        r"\*\*Model:\*\* rehearsal/echo · Responses API · \*\*Asked:\*\* 20\d\d-\d\d-\d\d \d\d:\d\d UTC\n\n"
        r"\*\*Question\*\*\n\nExplain \*entropy\*, e\.g\. `S = k ln W`\.\n\nTwo lines\.\n\n\*\*Answer\*\*\n\n",
        saved,
    )
    assert head
    assert saved[head.end() :] == f"{cell.text}\n"


def test_the_version_that_is_shown_is_saved_and_says_what_was_changed(tmp_path: Path) -> None:
    cell = ended("one")
    cell.retry(temperature=0.5)
    cell.result(TIMEOUT)
    cell.save(str(tmp_path / "answer.md"))
    assert "**Changed:** temperature 0.5 · **Version:** 2 of 2" in (tmp_path / "answer.md").read_text("utf-8")
    cell.select(0)
    cell.save(tmp_path / "answer.md")
    assert "**Version:** 1 of 2" in (tmp_path / "answer.md").read_text("utf-8")


def test_the_plain_value_has_everything_and_a_conversation_goes_on_from_it(tmp_path: Path) -> None:
    cell = ended("one", instructions="Be brief.", temperature=0.5)
    cell.retry(temperature=0)
    cell.result(TIMEOUT)
    cell.save(tmp_path / "answer.json")
    saved = json.loads((tmp_path / "answer.json").read_text("utf-8"))
    assert list(saved) == ["streamcell", "asked_at", "request", "shown", "versions", "messages"]
    assert saved["streamcell"] == 1
    assert saved["request"] == {
        "messages": [{"role": "user", "content": "one"}],
        "instructions": "Be brief.",
        "model": ECHO,
        "api": "auto",
        "params": {"temperature": 0.5},
    }
    first, second = saved["versions"]
    assert (saved["shown"], first["text"], second["changed"]) == (1, "one", ["temperature 0"])
    assert first["parts"] == [{"kind": "text", "text": "one"}]
    assert first["stats"]["output_tokens"] == first["usage"]["output_tokens"] > 0
    assert saved["messages"] == [{"role": "user", "content": "one"}, {"role": "assistant", "content": "one"}]
    again = ended([*saved["messages"], {"role": "user", "content": "two"}])
    assert again.text == "two"
    assert len(again.request.messages) == 3


HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](https://evil.example/b.png)
<https://ok.example/x> [c](data:text/html,x) [d](data:image/png;base64,AAAA) ![e](data:image/svg+xml;base64,AAAA)

- ```html
  <script>alert(2)</script>
- <iframe src="https://evil.example"></iframe>

$a_1 * b_2 *$ and \\(c_1\\) <a href="javascript:alert(3)" onclick="x">y</a> &lt;script&gt;

| a | b |
|---|--:|
| ~~1~~ | <b>2</b> |
"""


class Seen(html.parser.HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def test_a_page_has_no_script_no_handler_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    cell = ended(HOSTILE)
    cell.save(tmp_path / "answer.html")
    saved = (tmp_path / "answer.html").read_text("utf-8")
    seen = Seen(saved)
    assert seen.tags <= {
        *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "dl", "div", "dt", "dd"),
        *("article", "p", "a", "code", "pre", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "s"),
    }
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    addresses = {value for _, name, value in seen.attributes if name in ("href", "src", "action")}
    assert addresses <= {"https://evil.example/b.png", "https://ok.example/x", "#"}
    assert "default-src 'none'" in saved
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in saved
    assert '<code class="math">$a_1 * b_2 *$</code>' in saved
    assert '<code class="math">\\(c_1\\)</code>' in saved
    assert saved.count("&lt;b&gt;2&lt;/b&gt;") == 2  # in the question and in the answer


def test_a_pages_other_texts_are_not_trusted_either() -> None:
    made = page("</title><script>", [("<b>", "<script>")], "<script>", ["<script>"], "<script>")
    assert Seen(made).tags & {"script", "b"} == set()
    assert "<title>&lt;/title&gt;&lt;script&gt;</title>" in made


def test_an_image_of_the_answers_own_is_in_the_page(tmp_path: Path) -> None:
    cell = ended("draw", model="rehearsal/images")
    cell.save(tmp_path / "answer.html")
    assert '<img src="data:image/png;base64,' in (tmp_path / "answer.html").read_text("utf-8")


def test_what_streams_is_saved_as_far_as_it_is_and_says_so(tmp_path: Path) -> None:
    cell = stream_cell("one two three four", model="rehearsal/stall?after=2", display=False)
    next(iter(cell))
    for suffix in SUFFIXES:
        cell.save(tmp_path / f"answer{suffix}")
    texts = {suffix: (tmp_path / f"answer{suffix}").read_text("utf-8") for suffix in SUFFIXES}
    cell.stop()
    assert "Not finished when this was saved." in texts[".md"]
    assert "Not finished when this was saved." in texts[".html"]
    assert json.loads(texts[".json"])["versions"][0]["status"] == "streaming"


def test_an_answer_that_failed_or_was_given_says_what_it_is(tmp_path: Path) -> None:
    cell = stream_cell("x", model="rehearsal/unauthorized", retry=1, display=False)
    assert cell.future.exception(TIMEOUT) is not None
    cell.save(tmp_path / "failed.md")
    assert "*The API key was not accepted." in (tmp_path / "failed.md").read_text("utf-8")
    given = stream_cell(iter(["one ", "two \ud800"]), display=False)
    given.result(TIMEOUT)
    for suffix in SUFFIXES:
        given.save(tmp_path / f"given{suffix}")
    saved = json.loads((tmp_path / "given.json").read_text("utf-8"))
    assert saved["messages"] == [{"role": "assistant", "content": "one two \N{REPLACEMENT CHARACTER}"}]
    assert "messages" not in saved["request"]
    assert "Question" not in (tmp_path / "given.md").read_text("utf-8")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_file_has_a_secret(tmp_path: Path, server: RehearsalServer, suffix: str) -> None:
    client = openai.AsyncOpenAI(base_url=server.base_url, api_key=KEY)
    cell = ended(f"My key is {KEY}.", client=client, model="echo", extra_body={"password": "hunter2-hunter2"})
    cell.save(tmp_path / f"answer{suffix}")
    saved = (tmp_path / f"answer{suffix}").read_text("utf-8")
    assert "My key is …." in saved
    assert KEY not in saved
    assert "hunter2" not in saved


@pytest.mark.parametrize("name", ["answer.txt", "answer", "answer.md.bak"])
def test_another_suffix_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    cell = ended("one")
    with pytest.raises(ValueError, match=r"saved as \.md, \.html, \.json, not as"):
        cell.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target, link = tmp_path / "answer.md", tmp_path / "link.md"
    target.write_text("before")
    link.symlink_to(target)
    with contextlib.suppress(RuntimeError), replacing(link) as file:
        file.write("half")
        raise RuntimeError
    assert target.read_text() == "before"
    ended("one").save(link)
    assert link.is_symlink()
    assert target.read_text("utf-8").endswith("one\n")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["answer.md", "link.md"]
    with pytest.raises(FileNotFoundError):
        ended("one").save(tmp_path / "nowhere" / "answer.md")


def test_a_formula_is_looked_for_no_further_than_it_may_be_long() -> None:
    opened = "\\(" * 60_000
    made = page("An answer", (), "", [opened + "x\\)", "\\(" + "y" * 2000 + "\\)", "\\(" + "z" * 2003 + "\\)"], "")
    assert re.findall('class="math">(.*?)<', made) == ["\\(" * 1000 + "x\\)", "\\(" + "y" * 2000 + "\\)"]
