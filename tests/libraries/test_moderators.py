"""Libraries that judge texts, as moderators: their own objects, with their own methods."""

from __future__ import annotations

import pytest
from glin_profanity import Filter

from streamcell import Flagged, Moderation, stream_cell
from streamcell.answer.moderation import Mode


@pytest.mark.parametrize("mode", ["hold", "watch"])
def test_a_filter_of_glin_profanity_judges(mode: Mode) -> None:
    moderation = Moderation(Filter(), mode=mode)
    cell = stream_cell(lambda: iter(["What ", "the fu", "ck is ", "this?"]), moderator=moderation, display=False)
    with pytest.raises(Flagged):
        cell.result(60)
    assert cell.text == ""
    fine = stream_cell(lambda: iter(["What ", "is ", "this?"]), moderator=moderation, display=False)
    assert fine.result(60) == "What is this?"
