"""What files become in a message: by their bytes, in both APIs' words, or an error in plain words."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.request import attachments
from streamcell.request.attachments import Attachment, Data, attached_in, check_sizes, part_of
from streamcell.request.messages import Message, messages_of, only_on
from streamcell.request.request import make_request
from streamcell.sources.openai.conversation import chat_messages, responses_items

PNG = b"\x89PNG\r\n\x1a\n" + bytes(300)
JPEG = b"\xff\xd8\xff\xe0" + bytes(300)
GIF = b"GIF89a" + bytes(300)
WEBP = b"RIFF\1\0\0\0WEBPVP8 " + bytes(300)
WAV = b"RIFF\1\0\0\0WAVEfmt " + bytes(300)
MP3 = b"ID3\4" + bytes(300)
PDF = b"%PDF-1.7\n" + b"\xff" * 300
ZIP = b"PK\3\4" + bytes(300)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(300)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


LONG = base64.b64encode(PDF * 9).decode()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def asked(*items: Any) -> tuple[Message, ...]:
    messages = messages_of(list(items))
    assert messages is not None
    return messages


def both(attachment: Attachment) -> list[Any]:
    """An attachment in the words of the Responses API and of Chat Completions."""
    messages = asked("What is this?", attachment)
    items, chat = responses_items(messages), chat_messages(messages)
    assert [items[0]["role"], chat[0]["role"]] == ["user", "user"]
    assert items[0]["content"][0] == {"type": "input_text", "text": "What is this?"}
    assert chat[0]["content"][0] == {"type": "text", "text": "What is this?"}
    return json.loads(json.dumps([items[0]["content"][1], chat[0]["content"][1]]))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("data", "media"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")]
)
@pytest.mark.parametrize("name", ["", "chart.png", "chart.txt", "chart"])
def test_images_are_told_by_their_bytes_and_not_by_their_names(data: bytes, media: str, name: str) -> None:
    url = f"data:{media};base64,{encoded(data)}"
    assert both(Attachment(data, name)) == [
        {"type": "input_image", "image_url": url, "detail": "auto"},
        {"type": "image_url", "image_url": {"url": url}},
    ]


@pytest.mark.parametrize(
    ("data", "kind"), [(WAV, "wav"), (MP3, "mp3"), (b"\xff\xfb" + bytes(9), "mp3"), (b"\xff\xf3\0", "mp3")]
)
def test_sound_is_for_chat_completions(data: bytes, kind: str) -> None:
    messages = asked("Who speaks?", Attachment(data, "talk"))
    assert chat_messages(messages)[0]["content"][1] == {
        "type": "input_audio",
        "input_audio": {"data": encoded(data), "format": kind},
    }
    assert list(only_on(messages)) == ["chat"]


@pytest.mark.parametrize(
    ("given_", "sent"), [("a.pdf", "a.pdf"), ("A.PDF", "A.PDF"), ("", "file.pdf"), ("paper", "paper.pdf")]
)
def test_a_pdf_has_a_name_that_says_so(given_: str, sent: str) -> None:
    held = {"filename": sent, "file_data": f"data:application/pdf;base64,{encoded(PDF)}"}
    assert both(Attachment(PDF, given_)) == [{"type": "input_file", **held}, {"type": "file", "file": held}]
    assert only_on(asked("?", Attachment(PDF, given_))) == {}


@pytest.mark.parametrize(
    ("name", "data", "media"),
    [("a.docx", ZIP, WORD), ("b.DOCX", ZIP, WORD), ("c.xls", OLE, "application/vnd.ms-excel")],
)
def test_office_documents_are_for_the_responses_api(name: str, data: bytes, media: str) -> None:
    messages = asked("?", Attachment(data, name))
    assert responses_items(messages)[0]["content"][1] == {
        "type": "input_file",
        "filename": name,
        "file_data": f"data:{media};base64,{encoded(data)}",
    }
    assert only_on(messages) == {"responses": f"message 0 (the document {name!r})"}


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        (b"a,b\n1,2\n", "data.csv", "data.csv:\n\n```csv\na,b\n1,2\n```"),
        (b"print(1)", "x.py", "x.py:\n\n```py\nprint(1)\n```"),
        (b"plain", "a.txt", "a.txt:\n\n```\nplain\n```"),
        (b"\xef\xbb\xbfplain", "a", "a:\n\n```\nplain\n```"),
        (b"nameless", "", "```\nnameless\n```"),
        ("Grüße 👋".encode(), "é.md", "é.md:\n\n```md\nGrüße 👋\n```"),
        (b"<svg/>", "a.svg", "a.svg:\n\n```svg\n<svg/>\n```"),
        (b"~\n````\nx", "a.md", "a.md:\n\n`````md\n~\n````\nx\n`````"),
    ],
)
def test_text_is_sent_as_text_with_its_name(data: bytes, name: str, text: str) -> None:
    assert both(Attachment(data, name)) == [{"type": "input_text", "text": text}, {"type": "text", "text": text}]


@given(st.text(alphabet=st.sampled_from("`~a\n "), min_size=1).filter(lambda text: bool(text.strip())), st.just("a.md"))
def test_no_text_ends_its_own_fence(text: str, name: str) -> None:
    said = part_of(Attachment(text.encode(), name), "")["text"]
    fence = re.search(r"\n\n(`+)md\n", said)
    assert fence is not None
    inner = said[fence.end() : -len(fence[1])]
    assert inner.rstrip("\n") == text.rstrip("\n")
    assert fence[1] not in inner


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.png", "'a.png' is empty"),
        (b" \n", "a.txt", "'a.txt' is empty"),
        (b"\xef\xbb\xbf", "a.txt", "'a.txt' is empty"),
        (b"", "", "item 1 of the prompt is empty"),
        (b"<html>404</html>", "a.png", "'a.png' is an image by its name, but it holds text"),
        (b"later", "a.pdf", "'a.pdf' is a document by its name, but it holds text"),
        (b"BM\0\0\xff", "a.bmp", "'a.bmp' is no image that APIs take: APIs take PNG, JPEG, GIF and WebP: save it"),
        (b"fLaC\0\xff", "a.flac", "'a.flac' is no sound that APIs take: APIs take WAV and MP3"),
        (b"\0\0\0\x18ftypmp42", "a.mp4", "'a.mp4' is no video that APIs take: no API takes video: give images"),
        (ZIP, "a.xls", "'a.xls' is no document that APIs take"),
        ("Grüße".encode("latin-1"), "a.csv", "'a.csv' is no text that APIs take: APIs take UTF-8"),
        ("Grüße".encode("utf-16"), "a", "'a' is no text that APIs take: APIs take UTF-8"),
        (ZIP, "a.zip", "'a.zip' cannot be sent: APIs take text in UTF-8, images"),
        (ZIP, "", "item 1 of the prompt cannot be sent"),
        (b"a\0b", "", "item 1 of the prompt cannot be sent"),
        (b"RIFF\0\0\0\0AVI \xff", "a.avi", "'a.avi' is no video"),
    ],
)
def test_what_no_api_takes_is_refused_by_name(data: bytes, name: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        asked("What is this?", Attachment(data, name))


def test_a_file_and_a_conversation_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "FILE_LIMIT", 1_000_000)
    monkeypatch.setattr(attachments, "ALL_LIMIT", 1_500_000)
    with pytest.raises(ValueError, match=r"'a.png' has 1.2 MB: a prompt takes files of up to 1 MB"):
        asked("?", Attachment(PNG.ljust(1_200_000), "a.png"))
    large = asked("?", Attachment(PNG.ljust(800_000), "a.png"))
    check_sizes(large)
    with pytest.raises(ValueError, match=r"with those of previous=, have 1.6 MB in all: a request takes up to 1.5 MB"):
        make_request(large, model="m", api="auto", instructions=None, previous=large, params={})
    own = [
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64," + "A" * 2_400_000}]}
    ]
    with pytest.raises(ValueError, match=r"have 1.8 MB in all"):
        make_request(messages_of(own) or (), model="m", api="auto", instructions=None, previous=(), params={})


def test_texts_and_files_stand_beside_parts_in_a_messages_content() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
    content = ["These:", part, Attachment(b"x", "a.md"), Attachment(PNG), " "]
    (message,) = asked({"role": "user", "content": content})
    assert [one["type"] for one in message["content"]] == ["text", "image_url", "text", "image_url"]
    assert message["content"][1] == part
    (said,) = asked({"role": "assistant", "content": ["Yes.", Attachment(b"x", "a.md")]})
    assert [one["type"] for one in responses_items([said])[0]["content"]] == ["output_text", "output_text"]


@pytest.mark.parametrize(
    ("prompt", "kind", "words"),
    [
        ([Attachment(PNG, "a.png")], ValueError, "the prompt has files and no text: add one"),
        (["  ", Attachment(PNG, "a.png")], ValueError, "the prompt has files and no text: add one"),
        ([{"role": "user", "content": "?"}, Attachment(PNG)], TypeError, "item 0 .* a dict .*: put the files into"),
        (["?", Attachment(PNG), 7], TypeError, "item 2 of the prompt is a int in a list with files: give texts"),
        ([{"role": "assistant", "content": ["?", Attachment(PNG, "a.png")]}], ValueError, "a.png: images, sound"),
        ([{"role": "system", "content": ["?", Attachment(PDF)]}], ValueError, "item 1 of message 0: images, sound"),
        ([{"role": "user", "content": Attachment(PNG)}], TypeError, "message 0.content is an Attachment"),
    ],
)  # fmt: skip
def test_files_in_a_wrong_place_are_refused_by_name(prompt: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        messages_of(prompt)


def test_what_one_api_lacks_is_refused_where_it_is_asked_for() -> None:
    def ask(api: str, *files: Attachment) -> str:
        prompt = asked("?", *files)
        return make_request(prompt, model="m", api=api, instructions=None, previous=(), params={}).api

    assert ask("auto", Attachment(WAV)) == "chat"
    assert ask("auto", Attachment(ZIP, "a.docx")) == "responses"
    with pytest.raises(ValueError, match=r"message 0 \(input_audio\) belongs to Chat Completions"):
        ask("responses", Attachment(WAV))
    with pytest.raises(ValueError, match=r"message 0 \(the document 'a.docx'\) belongs to the Responses API"):
        ask("chat", Attachment(ZIP, "a.docx"))
    with pytest.raises(ValueError, match=r"they cannot be asked together"):
        ask("auto", Attachment(ZIP, "a.docx"), Attachment(WAV))


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": ["?", Attachment(PNG * 9)]},
        {"role": "user", "content": ["?", Attachment(PDF * 9)]},
        {"role": "user", "content": ["?", Attachment(WAV * 9)]},
        {"role": "user", "content": [{"type": "input_image", "image_url": f"data:image/png;base64,{LONG}"}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_data": LONG}}]},
        {"type": "function_call_output", "call_id": "1", "output": [{"type": "input_file", "file_data": LONG}]},
    ],
)  # fmt: skip
def test_data_is_printed_in_short_and_sent_whole(message: dict[str, Any]) -> None:
    messages = asked(message)
    request = make_request(messages, model="m", api="auto", instructions=None, previous=(), params={})
    for printed in (
        repr(request),
        str(request),
        f"{messages}",
        repr(responses_items(messages)),
        repr(chat_messages(messages)),
    ):
        assert re.search(r"[A-Za-z0-9+/]{60}", printed) is None
    assert re.search(r"[A-Za-z0-9+/]{3000}", json.dumps(responses_items(messages))) is not None


def test_short_data_and_addresses_are_printed_as_they_are() -> None:
    assert repr(Data("data:,x")) == "'data:,x'"
    url = "https://a.example/" + "b" * 300
    (message,) = asked({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]})
    assert url in repr(message)


@given(st.binary(max_size=40), st.sampled_from(["", "a.png", "a.txt", "a.docx", "a.pdf", "a.mp3", "a."]))
def test_any_bytes_become_a_part_or_a_plain_refusal(data: bytes, name: str) -> None:
    try:
        part = part_of(Attachment(data, name), "item 1")
    except ValueError as error:
        assert str(error).startswith((repr(name), "item 1"))  # noqa: PT017
    else:
        assert part["type"] in ("text", "image_url", "input_audio", "input_file")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (PNG, "a.png"),
        (PNG, ""),
        (b"ID3\3 sound", "x.mp3"),
        (b"%PDF-1.7", "report"),
        (b"PK\3\4", "letter.docx"),
        (b"one\n```py\ntwo\n```\nthree", "a.md"),
        (b"no name", ""),
        ("für".encode(), "no suffix"),
    ],
)
def test_a_file_is_found_in_its_message_again(data: bytes, name: str) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/x.png"}}
    part = part_of(Attachment(data, name), "")
    message = {"role": "user", "content": [{"type": "text", "text": "```\ncode\n```"} if name else {}, part, image]}
    files, others = attached_in([message, {"role": "user", "content": "text"}], [name])
    assert [part_of(one, "") for one in files] == [part]
    assert [one.name for one in files] == [name]
    assert others[-1] == image
    damaged = {"type": "image_url", "image_url": {"url": "data:image/png;base64,%"}}
    assert attached_in([{"content": [damaged]}], []) == ([], [damaged])
