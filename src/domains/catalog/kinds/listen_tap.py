"""Listen and tap: build what is heard out of given words, of which some are not needed."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec

from domains.catalog.kinds.assets import Audio, AudioOut, MediaRef, audio_out, refs
from domains.catalog.kinds.kind import Demand, Kind, Prompt, decoded_words, require_texts, shuffled
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.grading import prepare, takes_long
from domains.catalog.policy.groups import literal
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.tapping import grade_tapped, missing_words
from domains.catalog.policy.text import norms


class ListenTapPrompt(Prompt, frozen=True, tag="listen_tap"):
    language: str
    audio: AudioOut
    words: list[str]


class ListenTap(Kind[list[str]], frozen=True, tag="listen_tap"):
    """`words` can build the first of `accepted`, which is what is said. A learner answers with the chosen words in
    order."""

    demand = Demand.BUILD
    asks_in_target = True
    answer_form = "the chosen words in order"
    example: ClassVar[Mapping[str, Any]] = {
        "audio": {"media": f"sha256:{'a' * 64}"},
        "accepted": ["El gato come."],
        "words": ["el", "gato", "pato", "come"],
    }
    example_answer: ClassVar[Any] = ["el", "gato", "come"]

    language: str
    audio: Audio
    accepted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=5_000)]
    words: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=60)]

    def __post_init__(self) -> None:
        require_texts(accepted=self.accepted, words=self.words)
        if missing := missing_words(self.words, self.accepted[0]):
            raise ValueError(f"`words` lack {', '.join(missing)} to build `accepted[0]`")

    def subject(self) -> str:
        return f"{self.language}:{self.accepted[0]}"

    def asked(self) -> str:
        return self.accepted[0]

    def texts(self) -> Iterator[tuple[str, str]]:
        for text in (*self.accepted, *self.words):
            yield self.language, text

    def accepted_texts(self) -> Iterator[str]:
        return iter(self.accepted)

    def media(self) -> Iterator[MediaRef]:
        return refs(self.audio)

    def answered_in(self) -> str:
        return self.language

    def item_texts(self, target: str) -> tuple[str, ...]:
        return (self.accepted[0],) if self.language == target else super().item_texts(target)

    def prompt(self, seed: str) -> ListenTapPrompt:
        return ListenTapPrompt(self.language, audio_out(self.audio), shuffled(self.words, seed, "words"))

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[str]:
        return decoded_words(raw)

    @property
    def takes_long(self) -> bool:
        return takes_long(self.accepted)

    def prepare(self) -> None:
        prepare(self.accepted, self.language)

    def check(self, answer: list[str], lexicon: Lexicon) -> Grade:
        return grade_tapped(answer, self.accepted, self.language, lexicon)

    def said(self, answer: list[str]) -> str:
        return " ".join(norms(" ".join(answer), self.language))

    def accepting(self, answer: list[str], text: str | None) -> Self:
        return msgspec.structs.replace(self, accepted=(*self.accepted, text or literal(" ".join(answer))))
