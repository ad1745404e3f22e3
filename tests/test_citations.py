"""Sources that answers name: from the servers' many forms to what is shown, saved and said in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from streamcell import Citation, stream_cell
from streamcell.answer.events import PartChanged
from streamcell.notebook.output import ANSWER, markdown_of
from streamcell.saved.markdown import saved_markdown
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.citations import Sources
from streamcell.sources.openai.responses import ResponsesDecoder
from tests.sources.chunks import chat, ends, message, says, says_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamcell.answer.events import Event
    from streamcell.rehearsal import RehearsalServer


def found(events: Sequence[Event]) -> list[dict[str, Any]]:
    return [dict(event.fields) for event in events if isinstance(event, PartChanged) and event.kind == "citation"]


def noted(*sources: object) -> list[dict[str, Any]]:
    collected = Sources()
    for source in sources:
        collected.note(source)
    return found(collected.events())


@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize("stream", ["citations", "citations?split=7"])
def test_pages_and_files_are_numbered_shown_and_saved(server: RehearsalServer, api: Any, stream: str) -> None:
    client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
    cell = stream_cell("How do rivers work?", client=client, model=stream, api=api, display=False)
    assert "down the rivers[2]" in cell.result(60)
    sources = [part for part in cell.parts if isinstance(part, Citation)]
    assert [(one.number, one.title, one.url, one.file) for one in sources] == [
        (1, "The water cycle", "https://example.org/water-cycle?utm_source=rehearsal", ""),
        (2, "How *rivers* find their way", "https://example.org/rivers", ""),
        (3, "gauge_2026.csv", "", "file-rehearsal-1"),
    ]
    assert cell.notice is None
    bundle = cell._repr_mimebundle_()[0]
    assert bundle["text/markdown"].endswith(
        "\n\n**Sources**\n\n"
        "1. The water cycle, <https://example.org/water-cycle?utm_source=rehearsal>\n"
        r"2. How \*rivers\* find their way, <https://example.org/rivers>"
        "\n"
        r"3. gauge\_2026.csv, `file-rehearsal-1`"
    )
    assert bundle[ANSWER]["document"]["parts"][-1] == {
        "kind": "citation",
        "fields": {"number": 3, "title": "gauge_2026.csv", "file": "file-rehearsal-1"},
    }
    assert sources[2].plain() == "[3] gauge_2026.csv, file-rehearsal-1"


def test_a_list_of_the_answer_and_its_sources_stay_two_lists(server: RehearsalServer) -> None:
    client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
    cell = stream_cell("1. one", client=client, model="echo", display=False)
    cell.result(60)
    with_source = {**cell._stream.view, "parts": (*cell.parts, Citation(url="https://a.example/"))}
    assert markdown_of(with_source) == "1. one\n\n**Sources**\n\n1. <https://a.example/>"
    assert markdown_of(cell._stream.view) == "1. one"


ANNOTATIONS = {
    "a page": ({"type": "url_citation", "url": "https://a.example/", "title": "A"}, ("https://a.example/", "A", "")),
    "a page, as Chat Completions nests it": (
        {"type": "url_citation", "url_citation": {"url": "https://a.example/", "title": "A"}},
        ("https://a.example/", "A", ""),
    ),
    "a file": ({"type": "file_citation", "file_id": "file-1", "filename": "a.pdf"}, ("", "a.pdf", "file-1")),
    "a file, nested": ({"type": "file_citation", "file_citation": {"file_id": "file-1"}}, ("", "", "file-1")),
    "a file of a container": (
        {"type": "container_file_citation", "container_id": "c", "file_id": "cfile-1", "filename": "plot.png"},
        ("", "plot.png", "cfile-1"),
    ),
    "a path": ({"type": "file_path", "file_id": "file-1", "index": 3}, ("", "", "file-1")),
    "Azure's documents": ({"title": "T", "filepath": "a.md", "url": None, "content": "…"}, ("", "a.md", "")),
}


@pytest.mark.parametrize(("annotation", "expected"), ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_each_form_of_an_annotation_is_a_source(annotation: dict[str, Any], expected: tuple[str, str, str]) -> None:
    url, title, file = expected
    wanted = {"number": 1, "title": title, **({"url": url} if url else {"file": file})}
    added = {"type": "response.output_text.annotation.added", "annotation": annotation}
    streams: list[tuple[ChatDecoder | ResponsesDecoder, list[object]]] = [
        (ResponsesDecoder(), [says_text("Hi"), added, ends()]),
        (ResponsesDecoder(), [ends(output=[message("Hi", annotations=[annotation])])]),
        (ChatDecoder(), [says("Hi"), chat({"annotations": [annotation]}, "stop")]),
        (ChatDecoder(), [says("Hi"), chat({"context": {"citations": [annotation]}}, "stop")]),
    ]
    for decoder, chunks in streams:
        events = [event for chunk in chunks for event in decoder.feed(chunk)]
        assert found([*events, *decoder.end(marked=True)]) == [wanted]


def test_a_source_is_named_once_by_its_best_title() -> None:
    assert noted(
        "https://a.example/",
        {"file_id": "f", "filename": "a.pdf"},
        {"url": "https://a.example/", "title": "A"},
        {"url": "https://a.example/", "title": ""},
        {"file_id": "f"},
    ) == [
        {"number": 1, "url": "https://a.example/", "title": "A"},
        {"number": 2, "title": "a.pdf", "file": "f"},
    ]


@pytest.mark.parametrize("source", [None, 7, [], {}, {"url": 3}, {"type": ["x"]}, {"type": "url_citation"}, " ", "\n"])
def test_what_names_no_source_is_passed_over(source: object) -> None:
    assert noted(source) == []


def test_names_are_bounded_and_stay_in_one_line() -> None:
    (one, two) = noted(
        {"url": "https://a.example/\n\n# x" + "y" * 9_000, "title": "a\n\n- b\ud800" + "c" * 9_000},
        {"file_id": "f" * 9_000, "filename": "n\t" + "m" * 9_000},
    )
    assert [len(one["url"]), len(one["title"]), len(two["file"]), len(two["title"])] == [2000, 200, 100, 200]
    assert "\n" not in one["url"] + one["title"]
    one["title"].encode()
    assert len(noted(*(f"https://a.example/{at}" for at in range(500)))) == 100


HOSTILE = {
    "a script": Citation(url="javascript:alert(1)", title="x"),
    "out of its brackets": Citation(url="https://a.example/>![x](https://evil.example/?secret)"),
    "an image in a title": Citation(url="https://a.example/", title="![x](https://evil.example/?secret)"),
    "HTML in a title": Citation(url="https://a.example/", title="<img src=x onerror=alert(1)>"),
    "out of its code": Citation(file="`![x](https://evil.example/?secret)", title="a"),
}


@pytest.mark.parametrize("citation", HOSTILE.values(), ids=HOSTILE)
def test_nothing_comes_out_of_a_hostile_source(citation: Citation) -> None:
    said = citation.markdown()
    saved = saved_markdown(said)
    assert "\n" not in said + saved
    for text in (said.replace("`![", ""), saved):
        assert "![" not in text
        assert "<img" not in text.replace(r"\<", "")


def test_the_sources_of_a_text_come_behind_it_and_are_not_told_twice() -> None:
    annotation = {"type": "url_citation", "url": "https://a.example/", "title": "A"}
    noted = {"type": "response.output_text.annotation.added", "output_index": 0, "annotation": annotation}
    item = message("One", annotations=[annotation])
    chunks = [says_text("One"), noted, {"type": "response.output_item.done", "output_index": 0, "item": item}]
    decoder = ResponsesDecoder()
    assert [len(found(decoder.feed(chunk))) for chunk in chunks] == [0, 0, 1]
    assert found(decoder.feed(ends(output=[item]))) == []


@pytest.mark.parametrize("error", [False, True])
def test_an_answer_that_is_cut_keeps_the_sources_that_have_come(error: bool) -> None:
    decoder = ChatDecoder()
    events = decoder.feed({**says("Hi[1]"), "citations": ["https://a.example/"]})
    events += decoder.feed({"error": {"message": "overloaded"}}) if error else decoder.end()
    assert [one["url"] for one in found(events)] == ["https://a.example/"]
