"""Match pairs: find for each text on the left its partner on the right."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.assets import (
    Audio,
    AudioOut,
    Image,
    ImageOut,
    MediaRef,
    audio_out,
    image_out,
    refs,
)
from domains.catalog.kinds.kind import (
    LONGEST_TEXT,
    Demand,
    Effort,
    Kind,
    Prompt,
    Sides,
    decoded,
    option_id,
    require_distinct,
    require_known,
    require_texts,
    shuffled,
)
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon

MOST_PAIRS = 12

Pair = tuple[str, str]


class MatchPairsPrompt(Prompt, frozen=True, tag="match_pairs"):
    language: str
    """Of the texts on the left."""
    right_language: str
    left: list[str]
    """Texts, or ids of what is shown or played instead of them."""
    right: list[str]
    images: dict[str, ImageOut]
    """By the id on the left."""
    audio: dict[str, AudioOut]
    """By the id on the left, too."""
    text: str
    """What belongs together; mostly empty."""


class MatchPairs(Kind[list[Pair]], frozen=True, tag="match_pairs"):
    """A learner answers with pairs [left, right] in any order; the score is the share of pairs found.

    `images` and `audio` say for texts on the left what is shown or played instead of them."""

    demand = Demand.CHOOSE
    asks_in_target = True
    answer_form = "a list of pairs `[left, right]`"
    example: ClassVar[Mapping[str, Any]] = {"pairs": [["el gato", "the cat"], ["el perro", "the dog"]]}
    example_answer: ClassVar[Any] = [["el gato", "the cat"], ["el perro", "the dog"]]

    language: str
    right_language: str
    pairs: Annotated[tuple[Pair, ...], msgspec.Meta(min_length=2, max_length=MOST_PAIRS)]
    images: Mapping[str, Image] = {}
    audio: Mapping[str, Audio] = {}
    decoys: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_PAIRS)] = ()
    """More texts on the right, which belong to none on the left."""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)] = ""
    """What belongs together, where that needs to be said."""

    def __post_init__(self) -> None:
        left, right = ([pair[place] for pair in self.pairs] for place in (0, 1))
        for place, pair in enumerate(self.pairs):
            require_texts(**{f"pairs[{place}]": pair})
        require_texts(decoys=self.decoys)
        require_distinct(decoys=self.decoys)
        if not set(self.decoys).isdisjoint(right):
            raise ValueError("`decoys` must not be texts on the right of `pairs`")
        for side, texts in (("left", left), ("right", right)):
            try:
                require_distinct(pairs=texts)
            except ValueError as error:
                raise ValueError(f"{error} on the {side}") from None
        require_known(left, "texts on the left", images=self.images, audio=self.audio)

    def subject(self) -> str:
        return f"{self.language}:{'|'.join(left for left, _ in self.pairs)}"

    def asked(self) -> str:
        return self.text or self.subject()

    def texts(self) -> Iterator[tuple[str, str]]:
        for left, right in self.pairs:
            yield self.language, left
            yield self.right_language, right
        for decoy in self.decoys:
            yield self.right_language, decoy

    def media(self) -> Iterator[MediaRef]:
        return refs(*self.images.values(), *self.audio.values())

    def item_texts(self, target: str) -> tuple[str, ...]:
        if target not in (self.language, self.right_language):
            return super().item_texts(target)
        return tuple(pair[self._side(target)] for pair in self.pairs)

    def sides(self, target: str) -> tuple[Sides, ...]:
        if target not in (self.language, self.right_language):
            return ()
        side = self._side(target)
        other = (self.language, self.right_language)[1 - side]
        return tuple(Sides(pair[side], target, (pair[1 - side],), other) for pair in self.pairs)

    def _side(self, target: str) -> int:
        return 0 if self.language == target else 1

    def prompt(self, seed: str) -> MatchPairsPrompt:
        shown = {text: option_id(text) for text in (*self.images, *self.audio)}
        left = shuffled([shown.get(pair[0], pair[0]) for pair in self.pairs], seed, "left")
        right = shuffled([*(pair[1] for pair in self.pairs), *self.decoys], seed, "right")
        images = {shown[text]: image_out(image) for text, image in self.images.items()}
        audio = {shown[text]: audio_out(sound) for text, sound in self.audio.items()}
        return MatchPairsPrompt(self.language, self.right_language, left, right, images, audio, self.text)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[Pair]:
        expected = f"The answer must be a list of at most {MOST_PAIRS} pairs [left, right] of strings."
        answer = decoded(raw, list[Pair], expected)
        if len(answer) > MOST_PAIRS:
            raise AnswerShape(expected)
        if not self.images and not self.audio:
            return answer
        meant = {option_id(text): text for text in (*self.images, *self.audio)}
        return [(meant.get(left, left), right) for left, right in answer]

    def check(self, answer: list[Pair], lexicon: Lexicon) -> Grade:
        partner = dict(self.pairs)
        found = sum((Counter(answer) & Counter(self.pairs)).values())
        tokens = [_token(pair, partner.get(pair[0])) for pair in answer]
        answered = {left for left, _ in answer}
        tokens += [Token("", Verdict.MISSING, _shown(pair)) for pair in self.pairs if pair[0] not in answered]
        all_right = found == len(self.pairs) == len(answer)
        verdict = Verdict.EXACT if all_right else Verdict.WRONG
        return graded(verdict, self.pairs, tuple(tokens), round(found / max(len(self.pairs), len(answer)), 4))

    def said(self, answer: list[Pair]) -> str:
        return super().said(sorted(answer))

    def in_words(self, answer: list[Pair]) -> str:
        return ", ".join(map(_shown, answer))

    def missed_texts(self, answer: list[Pair], target: str) -> tuple[str, ...]:
        texts, found = self.item_texts(target), set(answer)
        if len(texts) < len(self.pairs):
            return texts
        wrong = tuple(text for text, pair in zip(texts, self.pairs, strict=True) if pair not in found)
        return wrong or texts

    def effort(self, answer: list[Pair], seed: str) -> Effort:
        return Effort(0, 0)


def _token(pair: Pair, right: str | None) -> Token:
    if right is None:
        return Token(_shown(pair), Verdict.EXTRA)
    if pair[1] == right:
        return Token(_shown(pair), Verdict.EXACT)
    return Token(_shown(pair), Verdict.WRONG_WORD, _shown((pair[0], right)))


def _shown(pair: Pair) -> str:
    return f"{pair[0]} = {pair[1]}"
