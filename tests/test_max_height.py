"""`max_height=`: the height above which a finished answer is folded goes with the document, into the notebook too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from streamcell import configure, stream_cell
from streamcell.notebook.output import ANSWER, bundle_of, others_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def _configured() -> Iterator[None]:
    yield
    configure(max_height=None)


@pytest.mark.usefixtures("_configured")
def test_a_call_comes_before_what_is_configured() -> None:
    def height(**options: Any) -> int | None:
        cell = stream_cell(["a"], display=False, **options)
        cell.result(timeout=60)
        assert cell.max_height == cell._stream.view["max_height"]
        return cell.max_height

    assert [height(), height(max_height=400)] == [None, 400]
    configure(max_height=300)
    assert [height(), height(max_height=400), height(max_height=False)] == [300, 400, None]


@pytest.mark.usefixtures("_configured")
@pytest.mark.parametrize("refused", [0, -1, 1.5, "300px", True])
def test_what_is_no_height_is_refused(refused: Any) -> None:
    for call in (lambda: stream_cell(["a"], max_height=refused), lambda: configure(max_height=refused)):
        with pytest.raises(ValueError, match="max_height must be a whole number of pixels"):
            call()


def test_it_is_saved_with_the_answer_and_once() -> None:
    cell = stream_cell(lambda: ["a"], display=False, max_height=400)
    cell.result(timeout=60)
    cell.retry()
    cell.result(timeout=60)
    document = cell._stream.document
    data, _ = bundle_of(cell._stream.view, "key", None, others_of(document, document.shown))
    assert data[ANSWER]["document"]["max_height"] == 400
    assert "max_height" not in data[ANSWER]["others"][0]


def test_a_replay_has_the_height_of_its_call(tmp_path: Path) -> None:
    file = tmp_path / "answer.jsonl"
    stream_cell(["a"], display=False, record=file, max_height=400).result(timeout=60)
    played = stream_cell(replay=file, speed="fast", display=False, max_height=200)
    assert played.result(timeout=60) == "a"
    assert played.max_height == 200
