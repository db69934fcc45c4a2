"""How much there is to do in an answer."""

from typing import Any

import pytest

from domains.catalog.kinds import (
    Cloze,
    Content,
    Effort,
    Kind,
    MatchPairs,
    MultipleChoice,
    MultipleResponse,
    Translate,
    WordBank,
)
from domains.catalog.kinds.kind import option_id


def effort(content: Kind[Any], answer: bytes, seed: str) -> Effort:
    return content.effort(content.decode_answer(answer), seed)


PAIRS = (("el gato", "the cat"), ("el pato", "the duck"))

CASES: dict[str, tuple[Content, bytes, Effort]] = {
    "typed": (Translate("el pato", "es", "en", ("the duck",)), b'"the duck"', Effort(7, 8, None)),
    "typed and wrong": (Translate("el pato", "es", "en", ("the duck",)), b'"a"', Effort(7, 1, None)),
    "built": (WordBank("a cat", "en", "es", ("un gato",), ("un", "gato")), b'["un", "gato"]', Effort(5, 6, None)),
    "paired": (MatchPairs("es", "en", PAIRS), b'[["el gato", "the cat"]]', Effort(0, 0, None)),
    "gap to type": (Cloze("un ___", "es", (("gato",),)), b'["gato"]', Effort(6, 4, None)),
    "gap to choose": (Cloze("un ___", "es", (("gato",),), (("gato", "pato"),)), b'["gato"]', Effort(6, 0, None)),
    "several": (
        MultipleResponse("even", "en", "en", ("2", "3", "4"), ("2", "4")),
        f'["{option_id("2")}"]'.encode(),
        Effort(4, 0, None),
    ),
}


@pytest.mark.parametrize(("content", "answer", "expected"), CASES.values(), ids=CASES)
def test_letters_are_counted_where_they_are_given(content: Content, answer: bytes, expected: Effort) -> None:
    assert effort(content, answer, "seed") == expected


def test_a_choice_is_at_the_place_where_it_was_shown() -> None:
    content = MultipleChoice("the cat", "en", "es", ("el gato", "el pato", "la casa"), "el gato")
    for seed in ("a", "b", "c", "d"):
        for place, option in enumerate(content.prompt(seed).options):
            assert effort(content, f'"{option.id}"'.encode(), seed) == Effort(7, 0, place)
