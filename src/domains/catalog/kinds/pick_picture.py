"""Pick the picture: which of several pictures shows it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Struct

from domains.catalog.kinds.assets import Image, ImageOut, MediaRef, image_out, refs
from domains.catalog.kinds.kind import (
    Demand,
    Effort,
    Kind,
    Prompt,
    decoded_choice,
    option_id,
    require_distinct,
    require_texts,
    shuffled,
)
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon

MOST_PICTURES = 8


class Picture(Struct, frozen=True):
    id: str
    image: ImageOut


class PickPicturePrompt(Prompt, frozen=True, tag="pick_picture"):
    text: str
    language: str
    pictures: list[Picture]


class PickPicture(Kind[str], frozen=True, tag="pick_picture"):
    """`picture` shows what `text` says, `others` do not. A learner answers with the id of a picture.

    A grade names pictures by their ids; to people they are told apart by their `alt`."""

    demand = Demand.CHOOSE
    asks_in_target = True
    answer_form = "the id of a picture"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "el gato",
        "picture": {"media": f"sha256:{'c' * 64}", "alt": "a cat"},
        "others": [{"media": f"sha256:{'d' * 64}", "alt": "a dog"}, {"media": f"sha256:{'e' * 64}", "alt": "a duck"}],
    }
    example_answer = option_id(f"sha256:{'c' * 64}")

    text: str
    language: str
    picture: Image
    others: Annotated[tuple[Image, ...], msgspec.Meta(min_length=1, max_length=MOST_PICTURES - 1)]

    def __post_init__(self) -> None:
        require_texts(text=self.text)
        require_distinct(others=[image.media for image in self.others])
        if self.picture.media in [image.media for image in self.others]:
            raise ValueError("`picture` must not be one of `others`")

    def _pictures(self) -> tuple[Image, ...]:
        return (self.picture, *self.others)

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text

    def media(self) -> Iterator[MediaRef]:
        return refs(*self._pictures())

    def item_texts(self, target: str) -> tuple[str, ...]:
        return (self.text,) if self.language == target else super().item_texts(target)

    def prompt(self, seed: str) -> PickPicturePrompt:
        pictures = [Picture(option_id(image.media), image_out(image)) for image in self._pictures()]
        return PickPicturePrompt(self.text, self.language, shuffled(pictures, seed, "pictures"))

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_choice(raw, [option_id(image.media) for image in self._pictures()])

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        right = option_id(self.picture.media)
        if answer == right:
            return graded(Verdict.EXACT, right, (Token(answer, Verdict.EXACT),))
        return graded(Verdict.WRONG, right, (Token(answer, Verdict.WRONG, right),))

    def in_words(self, answer: str) -> str:
        return next((image.alt for image in self._pictures() if option_id(image.media) == answer), "") or answer

    def effort(self, answer: str, seed: str) -> Effort:
        return Effort(len(self.text), 0, [picture.id for picture in self.prompt(seed).pictures].index(answer))
