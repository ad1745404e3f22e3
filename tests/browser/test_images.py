"""Images of an answer in a real page: created, previewed, kept in the notebook, copied and saved as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streamcell.rehearsal._pictures import base64_of, png

from .accessible import checked
from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

APIS = pytest.mark.parametrize("api", ["responses", pytest.param("chat", marks=pytest.mark.long)])
PICTURE = f"data:image/png;base64,{base64_of(1)}"
DRAWN = "images => images.map((one) => [one.src, one.naturalWidth, one.alt !== ''])"
KINDS = "view => [...view.querySelectorAll('.sc-parts > :not(.sc-foot)')].map((one) => one.className)"
RECORD = """() => {
    window.said = [];
    window.sizes = [];
    const add = (all, one) => JSON.stringify(all.at(-1)) === JSON.stringify(one) || all.push(one);
    new MutationObserver(() => {
        for (const image of document.querySelectorAll('.sc-image')) {
            add(window.said, image.querySelector('figcaption span').textContent);
            const { width, height } = image.querySelector('img').getBoundingClientRect();
            if (height > 0) add(window.sizes, [Math.round(width), Math.round(height)]);
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


@APIS
def test_an_image_is_shown_copied_downloaded_and_kept(
    open_notebook: Callable[..., Notebook], api: str, tmp_path: Path
) -> None:
    notebook = open_notebook([ask("Draw a river", "images?rate=0", api=api)])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    view = notebook.view(0)
    view.get_by_text("480 × 320 PNG").wait_for()
    assert view.evaluate(KINDS) == ["sc-text", "sc-image", "sc-text"]
    assert view.locator("img").evaluate_all(DRAWN) == [[PICTURE, 480, True]]
    assert checked(notebook.page)["violations"] == []
    notebook.picture(f"image-{api}")
    with notebook.page.expect_download() as download:
        view.get_by_role("button", name="Download").press("Enter")
    download.value.save_as(tmp_path / "saved")
    assert (download.value.suggested_filename, (tmp_path / "saved").read_bytes()) == ("image.png", png(1))
    assert f"]({PICTURE})\n\nThe light" in notebook.copied(0)

    notebook.reopen_without_kernel()
    view = notebook.view(0)
    view.get_by_text("480 × 320 PNG").wait_for()
    assert view.evaluate(KINDS) == ["sc-text", "sc-image", "sc-text"]
    assert view.locator("img").evaluate_all(DRAWN) == [[PICTURE, 480, True]]
    # The notebook has the image once, where every reader shows it.
    content = notebook.path.read_text("utf-8")
    assert content.count(base64_of(1)) == 1
    (output,) = json.loads(content)["cells"][0]["outputs"]
    assert PICTURE in "".join(output["data"]["text/markdown"])


def test_a_preview_becomes_the_image_and_nothing_below_it_moves(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("Draw a river", "images?previews=3&rate=8", api="responses")])
    notebook.page.evaluate(RECORD)  # what is there for a moment only would be missed by looking for it
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    notebook.view(0).get_by_text("480 × 320 PNG").wait_for()
    said, sizes = notebook.page.evaluate("[window.said, window.sizes]")
    states = ["Creating the image…", "Preview: the image is not finished yet", "480 × 320 PNG"]
    assert [one for one in states if one in said] == said
    assert said[-1] == states[-1]
    assert sizes == [[480, 320]]


@APIS
def test_what_is_no_image_is_told_and_nothing_is_loaded(open_notebook: Callable[..., Notebook], api: str) -> None:
    notebook = open_notebook([ask("Draw a river", "images?hostile=1&rate=0", api=api)])
    asked: list[str] = []
    notebook.page.on("request", lambda request: asked.append(request.url))
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    view = notebook.view(0)
    view.get_by_text("it is not loaded here", exact=False).wait_for()
    assert view.locator(".sc-picture:not([hidden])").count() == 0
    assert view.locator(".sc-image a").evaluate_all("links => links.map((one) => one.href)") == [
        "https://example.org/image.png?who=you"
    ]
    assert [url for url in asked if "example.org" in url or url.startswith("data:")] == []
    assert checked(notebook.page)["violations"] == []
    notebook.picture(f"image-hostile-{api}")


def test_an_image_that_failed_or_was_cut_says_so_below_its_preview(open_notebook: Callable[..., Notebook]) -> None:
    cells = [ask("Draw a river", f"images?{one}=1&rate=0", api="responses") for one in ("cut", "fail")]
    notebook = open_notebook(cells)
    notebook.run_all()
    for index, words in enumerate(("This image was not finished.", "The provider could not create this image.")):
        notebook.wait_for_status(index, "done")
        view = notebook.view(index)
        view.get_by_text(words).wait_for()
        assert view.locator(".sc-picture:not([hidden])").count() == 1
    notebook.picture("image-failed")


@pytest.mark.long
def test_a_reader_that_knows_nothing_of_us_shows_a_saved_image(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("Draw a river", "images?rate=0", api="responses")])
    notebook.run(0)
    notebook.wait_for_status(0, "done")

    def keep_markdown_alone(output: dict[str, Any]) -> None:
        output["data"] = {"text/markdown": output["data"]["text/markdown"]}
        output["metadata"] = {}

    notebook.reopen_without_kernel("", keep_markdown_alone)
    image = notebook.cell(0).locator("img")
    image.wait_for()
    assert image.evaluate_all(DRAWN) == [[PICTURE, 480, True]]
