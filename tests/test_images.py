"""Images of an answer: from data alone, checked, bounded, each in its place, and once in the notebook."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from html import unescape
from typing import Any, Literal

import pytest
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from streamcell import StreamCell, stream_cell
from streamcell.answer.document import Document, Version, reduce
from streamcell.answer.events import Alive, Event, Finished, PartChanged
from streamcell.answer.parts import Image, Part, Text, conversation
from streamcell.answer.status import Status
from streamcell.notebook.output import ANSWER, bundle_of, markdown_of, others_of
from streamcell.rehearsal._pictures import HEIGHT, WIDTH, base64_of, png
from streamcell.request.request import make_request
from streamcell.sources import images
from streamcell.sources.base import Decoder
from streamcell.sources.images import Images
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.conversation import chat_messages
from streamcell.sources.openai.responses import ResponsesDecoder
from streamcell.wire.messages import view_of
from streamcell.wire.outbox import Outbox, flush, snapshot, wants_snapshot

pytestmark = pytest.mark.usefixtures("embedded")

PICTURE = base64_of(1)
COARSE = base64_of(32)
GIF = "R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
WEBP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
JPEG = base64.b64encode(bytes.fromhex("ffd8ffc0000b080002000301011100ffd9")).decode("ascii")


def parts_of(events: Iterable[Event]) -> tuple[Part, ...]:
    version = Version()
    for event in events:
        version = reduce(version, event)
    return version.parts


def fed(decoder: Decoder, *chunks: Any) -> tuple[Part, ...]:
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return parts_of([*events, *decoder.end(marked=True)])


def item(verb: str, index: int = 0, **fields: Any) -> dict[str, Any]:
    known = {"type": "image_generation_call", "id": f"ig_{index}", "status": "completed", **fields}
    return {"type": f"response.output_item.{verb}", "output_index": index, "item": known}


def partial(data: Any, index: int = 0) -> dict[str, Any]:
    name = "response.image_generation_call.partial_image"
    return {"type": name, "item_id": f"ig_{index}", "output_index": index, "partial_image_b64": data}


def one(events: Iterable[Event]) -> Image:
    (part,) = parts_of(events)
    assert isinstance(part, Image)
    return part


def given(*sent: Any) -> tuple[Part, ...]:
    found = Images()
    return parts_of(event for image in sent for event in found.given(image))


# -- what is taken for an image ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "mime", "size"),
    [
        (PICTURE, "image/png", (WIDTH, HEIGHT)),
        (GIF, "image/gif", (1, 1)),
        (WEBP, "image/webp", (1, 1)),
        (JPEG, "image/jpeg", (3, 2)),
    ],
)
def test_the_four_types_are_told_by_their_bytes(data: str, mime: str, size: tuple[int, int]) -> None:
    image = one(Images().end("a", f"data:image/anything;base64,{data}", "A  river"))
    assert (image.mime, image.data, (image.width, image.height)) == (mime, data, size)
    assert (image.state, image.alt, image.open, image.error) == ("done", "A river", False, "")
    assert image.content == base64.b64decode(data)


@pytest.mark.parametrize(
    "written",
    [
        "\n".join(re.findall(".{1,76}", PICTURE)),
        PICTURE.rstrip("="),
        PICTURE.replace("+", "-").replace("/", "_"),
        f"  {PICTURE}\r\n",
        f"DATA:image/png;charset=utf-8;base64,{PICTURE}",
    ],
)
def test_base64_in_other_forms_is_the_same_image(written: str) -> None:
    assert one(Images().end("a", written)).data == PICTURE


@pytest.mark.parametrize(
    "data",
    [
        base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>").decode(),
        "data:image/svg+xml,<svg/>",
        "data:text/html;base64,PGI+",
        "javascript:alert(1)",
        "file:///etc/passwd",
        '"><img src=x onerror=alert(1)>',
        PICTURE[:-400] + "<>" + PICTURE[-398:],
        base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
        base64.b64encode(b"\xff\xd8\xff\xc0\x00").decode(),
        base64.b64encode(b"RIFF\0\0\0\0WEBPVP8X").decode(),
        base64.b64encode(b"GIF89a\0\0\0\0").decode(),
        "\ud800",
    ],
)
def test_what_is_no_image_says_so_and_its_data_goes_no_further(data: str) -> None:
    image = one(Images().end("a", data))
    assert (image.state, image.data, image.url) == ("failed", "", "")
    assert image.error == "This is not a PNG, JPEG, GIF or WebP image, so it cannot be shown."


@pytest.mark.parametrize("data", [None, "", "  ", 7, ["x"], {"b": 1}])
def test_an_image_without_data_says_so(data: object) -> None:
    assert one(Images().end("a", data)).error == "The provider sent no data for this image."
    assert one(Images().end("a", data, failed=True)).error == "The provider could not create this image."


def test_an_address_is_passed_on_as_text() -> None:
    image = one(Images().end("a", "https://example.org/a.png?x=" + "y" * 3000))
    assert (image.data, image.error, len(image.url)) == ("", "", 2000)


def test_images_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = base64.b64encode(png(1).replace((WIDTH).to_bytes(4, "big"), (60_000).to_bytes(4, "big"), 1)).decode()
    assert one(Images().end("a", bomb)).state == "done"  # 60,000 × 320
    wide = bytearray(png(1))
    wide[16:24] = (60_000).to_bytes(4, "big") * 2
    error = one(Images().end("a", base64.b64encode(wide).decode())).error
    assert error == "This image is too large to show: 60,000 × 60,000 pixels."

    content = base64.b64decode(PICTURE)
    monkeypatch.setattr(images, "IMAGE_LIMIT", len(content) - 1)
    for sent in (PICTURE, PICTURE * 3):
        assert one(Images().end("a", sent)).error.startswith("This image is too large to show: ")
    monkeypatch.setattr(images, "IMAGE_LIMIT", len(content))
    monkeypatch.setattr(images, "ALL_LIMIT", 2 * len(content) - 1)
    found = Images()
    # A preview makes room for what takes its place.
    events = [*found.preview("a", PICTURE), *found.preview("a", PICTURE), *found.end("a", PICTURE)]
    first, second = parts_of([*events, *found.end("b", PICTURE)])
    assert isinstance(first, Image)
    assert first.data == PICTURE
    assert isinstance(second, Image)
    assert second.error == "The images of this answer are too large together, so this one is left out."

    monkeypatch.setattr(images, "MOST", 2)
    found = Images()
    assert len(parts_of(event for name in "abc" for event in found.end(name, GIF))) == 2
    assert found.full


def test_a_bad_preview_is_passed_over() -> None:
    found = Images()
    image = one([*found.begin("a"), *found.preview("a", COARSE), *found.preview("a", "<svg>"), *found.begin("a")])
    assert (image.state, image.data) == ("preview", COARSE)


def test_one_that_failed_keeps_its_preview() -> None:
    found = Images()
    image = one([*found.preview("a", COARSE), *found.end("a", None, failed=True)])
    assert (image.state, image.data, image.error) == ("failed", COARSE, "The provider could not create this image.")


# -- as providers send them --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "image",
    [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},  # OpenRouter
        {"type": "image_url", "image_url": f"data:image/png;base64,{PICTURE}"},  # Mistral
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}},
        {"b64_json": PICTURE},
        {"inline_data": {"mime_type": "image/png", "data": PICTURE}},
        PICTURE,
    ],
)
def test_an_image_in_a_delta_in_each_form(image: object) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"images": [image]}, "finish_reason": None}]}
    (part,) = fed(ChatDecoder(), chunk, chunk, {"choices": [{"delta": {}, "finish_reason": "stop"}]})
    assert isinstance(part, Image)
    assert part.data == PICTURE


@pytest.mark.parametrize("image", [None, 7, {}, [], {"url": {"url": {"url": {"url": PICTURE}}}}, {"data": [PICTURE]}])
def test_an_image_in_a_form_that_is_not_known_has_no_data(image: object) -> None:
    (part,) = fed(ChatDecoder(), {"choices": [{"delta": {"images": [image]}, "finish_reason": "stop"}]})
    assert isinstance(part, Image)
    assert part.error == "The provider sent no data for this image."


def test_images_in_a_content_stand_between_its_texts() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
    content = [{"type": "text", "text": "One"}, image, {"type": "text", "text": "Two"}]
    found = fed(ChatDecoder(), {"choices": [{"delta": {"content": content}, "finish_reason": "stop"}]})
    assert [(part.kind, part.body) for part in found] == [("text", "One"), ("image", ""), ("text", "Two")]


def test_an_answer_that_is_an_image_alone_is_whole() -> None:
    decoder = ChatDecoder()
    events = decoder.feed({"choices": [{"delta": {"images": [PICTURE]}, "finish_reason": "stop"}]})
    (end,) = [event for event in [*events, *decoder.end(marked=True)] if isinstance(event, Finished)]
    assert end.notice is None


def test_previews_give_way_to_the_image_and_the_end_does_not_repeat_it() -> None:
    decoder = ResponsesDecoder()
    whole = item("done", result=PICTURE, revised_prompt="A river")
    chunks = [item("added", result=None), partial(COARSE), partial(7), partial(PICTURE), whole, partial(COARSE)]
    states = [
        (event.fields["state"], event.fields.get("data"))
        for chunk in chunks
        for event in decoder.feed(chunk)
        if isinstance(event, PartChanged)
    ]
    assert states == [("creating", None), ("preview", COARSE), ("preview", PICTURE), ("done", PICTURE)]
    end = {"type": "response.completed", "response": {"status": "completed", "output": [whole["item"]]}}
    assert [type(event) for event in decoder.feed(end) if not isinstance(event, Alive)] == [Finished]


def test_the_terminal_event_alone_has_the_image() -> None:
    response = {"status": "completed", "output": [item("done", result=PICTURE)["item"]]}
    (part,) = fed(ResponsesDecoder(), {"type": "response.completed", "response": response})
    assert isinstance(part, Image)
    assert (part.data, part.item) == (PICTURE, "ig_0")


def test_the_images_of_a_program_are_parts_behind_it() -> None:
    outputs = [{"type": "logs", "logs": "3"}, {"type": "image", "url": f"data:image/png;base64,{PICTURE}"}]
    outputs.append({"type": "image", "url": "https://example.org/plot.png"})
    program = {"type": "code_interpreter_call", "id": "ci", "status": "completed", "code": "1 + 2", "outputs": outputs}
    done = {"type": "response.output_item.done", "output_index": 0, "item": program}
    end = {"type": "response.completed", "response": {"status": "completed", "output": [program]}}
    tool, plot, link = fed(ResponsesDecoder(), done, end)
    assert tool.kind == "hosted_tool"
    assert isinstance(plot, Image)
    assert plot.data == PICTURE
    assert isinstance(link, Image)
    assert link.url == "https://example.org/plot.png"


def test_a_later_request_can_ask_to_change_an_image_where_its_api_takes_it() -> None:
    parts = (Text(text="Look"), Image(data=PICTURE, mime="image/png", state="done", item="ig_0"), Text(text="There"))
    said = conversation(parts)
    assert [message.get("type", message.get("role")) for message in said] == [
        "assistant",
        "image_generation_call",
        "assistant",
    ]
    assert said[1] == {"type": "image_generation_call", "id": "ig_0", "status": "completed", "result": PICTURE}
    prompt = ({"role": "user", "content": "Brighter"},)
    request = make_request(prompt, previous=said, model="m", api="chat", instructions=None, params={}, ours=())
    assert [message["content"] for message in chat_messages(request.messages)] == ["Look", "There", "Brighter"]
    assert conversation((Image(data=PICTURE, mime="image/png", state="preview", item="ig_0"),)) == ()


# -- on the wire -------------------------------------------------------------------------------------------------------


def version(*parts: Part, status: Status = Status.DONE) -> Version:
    return Version(parts=parts, status=status)


SHOWN = Image(data=PICTURE, mime="image/png", width=WIDTH, height=HEIGHT, alt="A [river](x) & `hills`", state="done")


def test_an_image_travels_once_while_the_text_grows() -> None:
    outbox, sent = Outbox(heard=True), 0
    for length in range(20):
        view = view_of(Document(version(SHOWN, Text(text="x" * length), status=Status.STREAMING)))
        outbox, message = flush(outbox, view, length)
        sent += str(message and message.to_wire()).count(PICTURE)
    assert sent == 1


def test_a_page_that_was_never_heard_is_not_sent_the_image_with_each_doubling_of_the_text() -> None:
    outbox, wanted = Outbox(), 0
    for length in range(0, len(PICTURE) // 2, 10):
        view = view_of(Document(version(SHOWN, Text(text="x" * length), status=Status.STREAMING)))
        if wants_snapshot(outbox, view):
            outbox, _ = snapshot(outbox, view, length)
            wanted += 1
    assert wanted == 1


# -- saved -------------------------------------------------------------------------------------------------------------


def test_saved_markdown_has_the_image_in_its_place_and_the_answer_has_it_there_alone() -> None:
    fence = f"```\n![x](data:image/png;base64,{GIF})\n```"
    view = view_of(Document(version(Text(text=f"Before\n\n{fence}"), SHOWN, Text(text="After"), SHOWN)))
    data, _ = bundle_of(view, "key", None)
    picture = f"![A &#91;river&#93;&#40;x&#41; &#38; &#96;hills&#96;](data:image/png;base64,{PICTURE})"
    assert data["text/markdown"] == f"Before\n\n{fence}\n\n{picture}\n\nAfter\n\n{picture}"
    parts = data[ANSWER]["document"]["parts"]
    assert [part.get("image") for part in parts] == [None, 1, None, 1]
    assert PICTURE not in str(data[ANSWER])


def test_readers_show_a_saved_image_and_what_its_words_say_letter_for_letter() -> None:
    hostile = Image(data=PICTURE, mime="image/png", state="preview", alt='](x) <img src=x onerror="a()"> $x$ `b`')
    html = markdown2html_mistune(markdown_of(view_of(Document(version(SHOWN, hostile)))))
    found = re.findall(r"<img[^>]*>", html)
    assert [re.sub(r'alt="[^"]*"', "alt", one) for one in found] == [
        f'<img src="data:image/png;base64,{PICTURE}" alt />'
    ] * 2
    alts = [unescape(one) for one in re.findall('alt="([^"]*)"', html)]
    assert alts == [SHOWN.alt, hostile.alt]
    assert "<em>Image (not finished)</em>" in html


def test_the_page_is_sent_the_saved_markdown_without_what_it_has() -> None:
    view = view_of(Document(version(Text(text="Before\x01 0 \x01"), SHOWN)))
    said = markdown_of(view, images=False)
    assert said.count("\x01") == 2
    assert said.replace("\x011\x01", f"data:image/png;base64,{PICTURE}") == markdown_of(view)


def test_other_versions_keep_their_images() -> None:
    document = Document(version(Text(text="Now")), former=(version(SHOWN),), shown=1)
    (other,) = others_of(document, 1)
    assert other["parts"][0]["fields"]["data"] == PICTURE


@pytest.mark.parametrize(
    ("image", "saved", "plain"),
    [
        (SHOWN, None, "Image: A [river](x) & `hills` (480 × 320 PNG)"),
        (
            Image(url="https://example.org/a.png", alt="*A*", state="done"),
            "Image: \\*A\\*: <https://example.org/a.png>",
            None,
        ),
        (Image(url="javascript:alert(1)", state="done"), "Image: javascript:alert(1)", None),
        (Image(error="No [data].", state="failed"), "Image: No \\[data\\].", "Image: No [data]."),
        (Image(), "Image (not finished)", "Image: not finished"),
        (Image(data='x" onerror="', mime="image/png", state="done"), "Image (not finished)", None),
        (Image(data=PICTURE, mime="image/svg+xml", state="done"), "Image (not finished)", None),
    ],
)
def test_what_is_said_of_an_image_where_there_is_none(image: Image, saved: str | None, plain: str | None) -> None:
    if saved is not None:
        assert markdown_of(view_of(Document(version(image)))) == saved
    if plain is not None:
        assert image.plain() == plain
    assert PICTURE not in repr(image)


# -- the real SDK over HTTP --------------------------------------------------------------------------------------------


def ask(api: Literal["responses", "chat"], **settings: int) -> StreamCell:
    """Return an answer that has ended."""
    query = "".join(f"&{name}={value}" for name, value in settings.items())
    cell = stream_cell("Draw a river", model=f"rehearsal/images?seed=1{query}", api=api, display=False)
    cell.result(300)
    return cell


APIS = pytest.mark.parametrize("api", ["responses", "chat"])


@APIS
def test_an_image_between_two_texts(api: Literal["responses", "chat"]) -> None:
    cell = ask(api)
    before, image, after = cell.parts
    assert isinstance(image, Image)
    assert (image.state, image.data, image.content[:4]) == ("done", PICTURE, b"\x89PNG")
    assert (before.body + after.body, cell.status, cell.notice) == (cell.text, "done", None)
    assert "dusk" in before.body


@APIS
def test_hostile_images_are_named_and_nothing_of_them_is_kept(
    api: Literal["responses", "chat"],
) -> None:
    found = [part for part in ask(api, hostile=1).parts if isinstance(part, Image)]
    assert len(found) >= 5
    assert {part.data for part in found} == {""}
    assert [part.url for part in found if part.url] == ["https://example.org/image.png?who=you"]
    assert all(part.error or part.url for part in found)


@pytest.mark.parametrize(("settings", "state"), [({"cut": 1}, "preview"), ({"fail": 1}, "failed")])
def test_an_image_that_was_not_finished_keeps_its_preview(settings: dict[str, int], state: str) -> None:
    (image,) = [part for part in ask("responses", **settings).parts if isinstance(part, Image)]
    assert (image.state, image.open, image.width) == (state, False, WIDTH)
