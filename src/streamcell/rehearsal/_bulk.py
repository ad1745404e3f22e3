"""Makes Markdown of an exact length: paragraphs and lists of varied words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

_WORDS = """
    a an the and but or of in on to from with under over through between about again almost already always another
    answer arrive autumn balance basket begin bottle bridge brother candle carry castle chapter circle clock cloud
    colour corner counter cousin crystal daylight decide distance doorway dozen drawer early echo eleven engine
    enough evening every familiar feather fifteen figure finger follow forest forget fountain fragment garden
    gather gentle glass granite half hammer harbour hidden honest horizon hundred imagine island journey kettle
    kitchen ladder lantern letter library listen little lively machine margin market meadow measure memory midnight
    mirror moment morning mountain narrow never notebook number ocean offer orchard ordinary outline paper parallel
    pattern pebble people picture pocket possible promise quarter question quiet rather remember return river round
    sailor seldom sentence seven shadow shelter silence silver simple slowly something station stranger summer
    sudden table tangle thousand thread thunder together travel understand until valley velvet village wander water
    weather whisper window winter within wonder yellow yesterday café naïve façade über señor
""".split()  # noqa: SIM905 - a list of two hundred strings would hide the words

_ITEMS = ("- ", "1. ", "> ")


def text(characters: int, rng: Random) -> str:
    """Exactly `characters` characters of Markdown, without a space at its beginning or end."""
    parts: list[str] = []
    length = 0
    for part in _blocks(rng):
        parts.append(part)
        length += len(part)
        if length >= characters:
            break
    whole = "".join(parts)[:characters]
    return whole if not whole[-1:].isspace() else whole[:-1] + "."


def cut(whole: str, chunks: int) -> list[str]:
    """Cut `whole` into exactly `chunks` pieces, whose lengths differ by one character at most."""
    return [whole[i * len(whole) // chunks : (i + 1) * len(whole) // chunks] for i in range(chunks)]


def _blocks(rng: Random) -> Iterator[str]:
    while True:
        yield f"## {_sentence(rng, 2, 5)[:-1]}\n\n"
        for _ in range(rng.randint(1, 3)):
            yield " ".join(_sentence(rng, 5, 18) for _ in range(rng.randint(2, 6))) + "\n\n"
        mark = rng.choice(_ITEMS)
        for _ in range(rng.randint(2, 6)):
            yield f"{mark}{_sentence(rng, 3, 10)}\n"
        yield "\n"


def _sentence(rng: Random, fewest: int, most: int) -> str:
    words = [rng.choice(_WORDS) for _ in range(rng.randint(fewest, most))]
    if len(words) > 6:
        at = rng.randrange(len(words))
        words[at] = rng.choice((f"**{words[at]}**", f"*{words[at]}*", f"`{words[at]}`"))
    sentence = " ".join(words)
    return sentence[0].upper() + sentence[1:] + "."
