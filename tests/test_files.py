"""Files in a prompt: read at the call, whatever they turn out to be, and received by a server as they were."""

from __future__ import annotations

import base64
import io
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest

from streamcell import BadRequest, StreamCell, _files, stream_cell
from streamcell._files import with_files_read
from streamcell.rehearsal import RehearsalServer
from streamcell.request.attachments import Attachment

from .sources.wire_server import answers, wire_server
from .test_attachments import JPEG, PDF, PNG, WAV, ZIP

TIMEOUT = 300.0


class Picture:
    """What an image of PIL looks like from outside."""

    mode = "RGB"
    size = (2, 2)

    def __init__(self, format_: str | None = None, modes: tuple[str, ...] = ("PNG", "JPEG")) -> None:
        self.format = format_
        self.modes = modes

    def save(self, file: io.BytesIO, format: str, **options: Any) -> None:  # noqa: A002  # as PIL has it
        if format not in self.modes:
            raise OSError(f"cannot write mode as {format}")
        assert options == ({"quality": "keep"} if format == "JPEG" else {})
        file.write(PNG if format == "PNG" else JPEG)

    def convert(self, mode: str) -> Picture:
        assert mode == "RGB"
        return Picture()


def ask(server: RehearsalServer, prompt: Any, api: str = "chat", **options: Any) -> StreamCell:
    client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
    options = {"model": "tour", "retry": 1, **options}
    return stream_cell(prompt, client=client, api=api, display=False, **options)


def parts_sent(server: RehearsalServer) -> list[Any]:
    body = server.exchanges[-1].body
    return list(body.get("messages", body.get("input"))[-1]["content"])


def address(media: str, data: bytes) -> str:
    return f"data:{media};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_server_receives_the_bytes_that_the_files_had(server: RehearsalServer, tmp_path: Path, api: str) -> None:
    for name, data in {"chart.jpg": PNG, "paper.pdf": PDF, "data.csv": b"a,b\n"}.items():
        (tmp_path / name).write_bytes(data)
    files = [tmp_path / "chart.jpg", tmp_path / "paper.pdf", tmp_path / "data.csv", JPEG, bytearray(JPEG), Picture()]
    cell = ask(server, ["What is this?", *files], api)
    cell.result(TIMEOUT)
    kinds = {"responses": ("input_text", "input_image", "input_file"), "chat": ("text", "image_url", "file")}[api]
    text, image, file = kinds
    sent = parts_sent(server)
    assert [part["type"] for part in sent] == [text, image, file, text, image, image, image]
    urls = [part["image_url"] for part in sent if part["type"] == image]
    assert [url["url"] if api == "chat" else url for url in urls] == [
        address("image/png", PNG),
        address("image/jpeg", JPEG),
        address("image/jpeg", JPEG),
        address("image/png", PNG),
    ]
    held = sent[2]["file"] if api == "chat" else sent[2]
    assert (held["filename"], held["file_data"]) == ("paper.pdf", address("application/pdf", PDF))
    assert sent[3]["text"] == "data.csv:\n\n```csv\na,b\n```"
    assert str(tmp_path) not in str(server.exchanges[-1].body)


def test_sound_and_office_documents_choose_their_api(server: RehearsalServer, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(ZIP)
    ask(server, ["?", WAV], "auto").result(TIMEOUT)
    assert server.exchanges[-1].path.endswith("/chat/completions")
    assert parts_sent(server)[1]["input_audio"] == {"data": base64.b64encode(WAV).decode(), "format": "wav"}
    ask(server, ["?", tmp_path / "a.docx"], "auto").result(TIMEOUT)
    assert server.exchanges[-1].path.endswith("/responses")


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_retry_asks_about_the_file_as_it_was_and_a_follow_up_carries_it(
    server: RehearsalServer, tmp_path: Path, api: str
) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(PNG)
    cell = ask(server, [{"role": "user", "content": ["What is this?", file]}], api)
    cell.result(TIMEOUT)
    first = parts_sent(server)
    file.unlink()
    cell.retry()
    cell.result(TIMEOUT)
    assert parts_sent(server) == first
    stream_cell("And why?", previous=cell, display=False).result(TIMEOUT)
    body = server.exchanges[-1].body
    assert body.get("messages", body.get("input"))[0]["content"] == first


def _folder(path: Path) -> None:
    path.mkdir()


def _holding(data: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(data)

    return make


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(21_000_000)


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda _: None, FileNotFoundError, "there is no file '.*a.png'"),
        (_folder, IsADirectoryError, "a.png' is a folder"),
        (os.mkfifo, ValueError, "a.png' is no file but a pipe, a socket or a device"),
        (lambda path: path.symlink_to("/dev/zero"), ValueError, "a.png' is no file but a pipe"),
        (_link_to_itself, OSError, "a.png' cannot be read: Too many levels"),
        (_holding(b""), ValueError, "a.png' is empty"),
        (_large, ValueError, "a.png' has 21 MB: a prompt takes files of up to 20 MB"),
        (_holding(b"no image"), ValueError, "'a.png' is an image by its name, but it holds text"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_asked(
    server: RehearsalServer, tmp_path: Path, make: Callable[[Path], None], kind: type[Exception], words: str
) -> None:
    path = tmp_path / "a.png"
    make(path)
    before = len(server.exchanges)
    for prompt in (["What is this?", path], {"role": "user", "content": [path]}):
        with pytest.raises(kind, match=words):
            ask(server, prompt)
    assert len(server.exchanges) == before


def test_a_file_that_grows_while_it_is_read_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 100)

    class Smaller:
        def __init__(self, status: os.stat_result) -> None:
            self.st_mode, self.st_size = status.st_mode, 1

    whole = os.fstat
    monkeypatch.setattr(_files, "FILE_LIMIT", 50)
    monkeypatch.setattr(os, "fstat", lambda handle: Smaller(whole(handle)))
    with pytest.raises(ValueError, match=r"a\.txt' is too much"):
        with_files_read(["?", path])


def test_files_are_too_much_together(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG.ljust(18_000_000))
    with pytest.raises(ValueError, match="is too much: a prompt takes files of up to 20 MB each and 50 MB in all"):
        with_files_read(["?", path, path, path])


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)

    def refuse(*_: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError, match=r"a\.png' cannot be read: Permission denied"):
        with_files_read(["?", path])


def test_pictures_are_sent_as_jpeg_where_they_were_and_else_as_png() -> None:
    assert with_files_read(["?", Picture("JPEG")])[1] == Attachment(JPEG)
    assert with_files_read(["?", Picture("JPEG", modes=("PNG",))])[1] == Attachment(PNG)
    assert with_files_read(["?", Picture("WEBP")])[1] == Attachment(PNG)
    assert with_files_read(["?", Picture(modes=())])[1] == Attachment(PNG)


@pytest.mark.parametrize("alone", [Path("chart.png"), Picture()])
def test_a_file_alone_is_no_question(alone: object) -> None:
    with pytest.raises(TypeError, match="the prompt is a file and no question: give a list with a text"):
        stream_cell(alone)


def test_lists_without_files_are_what_they_were() -> None:
    for prompt in (["a", "b"], [], "a", b"a", [{"role": "user", "content": "x"}], iter("a"), None, {"role": "user"}):
        assert with_files_read(prompt) == prompt
    assert stream_cell(["a", "b"], display=False).result(TIMEOUT) == "ab"


def test_a_files_name_is_one_plain_line(tmp_path: Path) -> None:
    path = tmp_path / "a\n\x1b[31m b.md"
    path.write_bytes(b"x")
    assert with_files_read(["?", path])[1].name == "a [31m b.md"


def _says_it_back(body: bytes) -> bytes:
    return b'{"error": {"message": "Bad input: ' + body.replace(b'"', b"'")[:60_000] + b'"}}'


def test_a_refusal_that_says_the_request_back_is_shortened(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "streamcell")
    said = _says_it_back(address("image/png", PNG * 40).encode())
    with wire_server(answers(said, status="400 Bad Request")) as refusing:
        client = openai.AsyncOpenAI(api_key="-", base_url=refusing.address)
        cell = stream_cell(
            ["What is this?", PNG * 40],
            client=client,
            model="m",
            api="chat",
            display=False,
            retry=1,
        )
        with pytest.raises(BadRequest) as raised:
            cell.result(TIMEOUT)
    begins, long = base64.b64encode(PNG).decode()[:20], base64.b64encode(PNG * 40).decode()[:400]
    error = raised.value
    shown = (
        cell.log.to_jsonl(),
        str(error),
        error.detail,
        str(error.__cause__),
        repr(cell.request),
        str(cell.get_state()),
    )
    assert begins in error.detail
    for text in (*shown, caplog.text):
        assert long not in text
