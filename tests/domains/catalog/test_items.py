"""What an exercise exercises: one id for one phrase."""

from uuid import UUID

import pytest

from domains.catalog.items import item_ids
from domains.catalog.kinds import (
    Content,
    Flashcard,
    ListenTap,
    ListenType,
    MatchPairs,
    MultipleChoice,
    PickPicture,
    Speak,
    Translate,
    WordBank,
)
from domains.catalog.kinds.assets import Audio, Image

COURSE = UUID(int=7)
SOUND = Audio(f"sha256:{'c' * 64}")
TO_TARGET = Translate("the cat", "en", "es", ("el gato", "el gatito"))


@pytest.mark.parametrize(
    "content",
    [
        Translate("El gato.", "es", "en", ("the cat",)),
        MultipleChoice("the cat", "en", "es", ("el pato", "el gato"), "el gato"),
        MultipleChoice("¡El  gato!", "es", "en", ("the cat", "the duck"), "the cat"),
        WordBank("the cat", "en", "es", ("el gato",), ("el", "gato")),
        PickPicture("el gato", "es", Image(f"sha256:{'a' * 64}"), (Image(f"sha256:{'b' * 64}"),)),
        ListenType("es", SOUND, ("El gato.",)),
        ListenTap("es", SOUND, ("el gato",), ("el", "gato")),
        Speak("¡El gato!", "es"),
        Flashcard("el gato", "es", "en", ("the cat",)),
        Flashcard("the cat", "en", "es", ("el gato",)),
    ],
    ids=lambda content: f"{content.kind()}-{content.language}",
)
def test_a_phrase_is_the_same_item_in_every_kind_and_direction(content: Content) -> None:
    assert item_ids(COURSE, content, "es") == item_ids(COURSE, TO_TARGET, "es")


def test_another_phrase_or_course_is_another_item() -> None:
    other = Translate("the duck", "en", "es", ("el pato",))
    found = {item_ids(COURSE, TO_TARGET, "es"), item_ids(COURSE, other, "es"), item_ids(UUID(int=8), TO_TARGET, "es")}
    assert len(found) == 3


def test_pairs_exercise_each_of_their_words() -> None:
    pairs = (("the cat", "el gato"), ("the duck", "el pato"))
    cat, duck = item_ids(COURSE, MatchPairs("en", "es", pairs), "es")
    assert (cat,) == item_ids(COURSE, TO_TARGET, "es")
    assert duck != cat


def test_what_has_no_text_in_the_target_language_is_an_item_of_its_own() -> None:
    question = MultipleChoice("How many genders?", "en", "en", ("two", "three"), "two")
    assert len(item_ids(COURSE, question, "es")) == 1
    assert item_ids(COURSE, Translate("?!", "es", "en", ("?!",)), "es") != item_ids(COURSE, question, "es")


def test_the_ids_that_records_are_kept_under_never_change() -> None:
    assert item_ids(COURSE, TO_TARGET, "es") == (UUID("68dec49a-5dc3-5d2e-a71d-d9c1d3b93b13"),)
