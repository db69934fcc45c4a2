"""Flashcard: both sides are shown, and learners say themselves how well they knew it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec

from domains.catalog.kinds.assets import Audio, AudioOut, Image, ImageOut, MediaRef, refs, shown_audio, shown_image
from domains.catalog.kinds.kind import (
    Button,
    Demand,
    Feedback,
    Kind,
    Prompt,
    Sides,
    decoded,
    require_short,
    require_texts,
)
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon


class FlashcardPrompt(Prompt, frozen=True, tag="flashcard"):
    text: str
    """The front."""
    language: str
    back: list[str]
    answer_language: str
    note: str
    back_image: ImageOut | None
    back_audio: AudioOut | None


class Flashcard(Kind[Button], frozen=True, tag="flashcard"):
    """`text` is the front, the first of `back` the author's own. A picture or a sound of the exercise belongs to the
    front. A learner answers with how well they knew it, which is nobody's mistake."""

    demand = Demand.CHOOSE
    asks_in_target = True
    graded = False
    tested = False
    answer_form = "how well it was known: `again`, `hard`, `good` or `easy`"
    example: ClassVar[Mapping[str, Any]] = {"text": "el gato", "back": ["the cat"], "note": "Plural: los gatos."}
    example_answer = "good"

    text: str
    language: str
    answer_language: str
    back: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=50)]
    note: Feedback = ""
    """Shown with the back."""
    back_image: Image | None = None
    back_audio: Audio | None = None

    def __post_init__(self) -> None:
        require_texts(text=self.text, back=self.back)
        require_short(note=self.note)

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for text in self.back:
            yield self.answer_language, text

    def media(self) -> Iterator[MediaRef]:
        return refs(self.back_image, self.back_audio)

    def item_texts(self, target: str) -> tuple[str, ...]:
        if target in (self.language, self.answer_language):
            return (self.text if self.language == target else self.back[0],)
        return super().item_texts(target)

    def sides(self, target: str) -> tuple[Sides, ...]:
        # Its front is the one that its author chose, whatever is learned.
        return (
            Sides(
                self.text,
                self.language,
                self.back,
                self.answer_language,
                as_asked=True,
                note=self.note,
                back_image=self.back_image,
                back_audio=self.back_audio,
            ),
        )

    def prompt(self, seed: str) -> FlashcardPrompt:
        return FlashcardPrompt(
            self.text,
            self.language,
            list(self.back),
            self.answer_language,
            self.note,
            shown_image(self.back_image),
            shown_audio(self.back_audio),
        )

    def decode_answer(self, raw: bytes | msgspec.Raw) -> Button:
        expected = "The answer must be one of again, hard, good and easy, as a string."
        return decoded(raw, Button, expected)  # type: ignore[arg-type]

    def check(self, answer: Button, lexicon: Lexicon) -> Grade:
        verdict = Verdict.WRONG if answer == "again" else Verdict.EXACT
        return graded(verdict, self.back[0], (Token(answer, verdict),))

    def button(self, answer: Button) -> Button:
        return answer
