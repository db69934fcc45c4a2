"""Listen and type: write down what is heard."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec

from domains.catalog.kinds.assets import Audio, AudioOut, MediaRef, audio_out, refs
from domains.catalog.kinds.kind import Effort, Kind, Prompt, decoded_text, letters, require_texts
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.grading import grade_text, prepare, takes_long
from domains.catalog.policy.groups import literal
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import norms


class ListenTypePrompt(Prompt, frozen=True, tag="listen_type"):
    language: str
    audio: AudioOut


class ListenType(Kind[str], frozen=True, tag="listen_type"):
    """`accepted` holds what is said first. A learner answers with the text as typed."""

    asks_in_target = True
    answer_form = "what was heard, as typed"
    example: ClassVar[Mapping[str, Any]] = {
        "audio": {"media": f"sha256:{'a' * 64}", "slow": f"sha256:{'b' * 64}"},
        "accepted": ["El gato come."],
    }
    example_answer = "el gato come"

    language: str
    audio: Audio
    accepted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=5_000)]

    def __post_init__(self) -> None:
        require_texts(accepted=self.accepted)

    def subject(self) -> str:
        return f"{self.language}:{self.accepted[0]}"

    def asked(self) -> str:
        return self.accepted[0]

    def texts(self) -> Iterator[tuple[str, str]]:
        for text in self.accepted:
            yield self.language, text

    def accepted_texts(self) -> Iterator[str]:
        return iter(self.accepted)

    def media(self) -> Iterator[MediaRef]:
        return refs(self.audio)

    def answered_in(self) -> str:
        return self.language

    def item_texts(self, target: str) -> tuple[str, ...]:
        return (self.accepted[0],) if self.language == target else super().item_texts(target)

    def prompt(self, seed: str) -> ListenTypePrompt:
        return ListenTypePrompt(self.language, audio_out(self.audio))

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_text(raw, "what was heard")

    @property
    def takes_long(self) -> bool:
        return takes_long(self.accepted)

    def prepare(self) -> None:
        prepare(self.accepted, self.language)

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        return grade_text(answer, self.accepted, self.language, lexicon)

    def said(self, answer: str) -> str:
        return " ".join(norms(answer, self.language))

    def effort(self, answer: str, seed: str) -> Effort:
        # Nobody has heard a sentence faster than they read it.
        return Effort(len(self.asked()), letters(answer))

    def accepting(self, answer: str, text: str | None) -> Self:
        return msgspec.structs.replace(self, accepted=(*self.accepted, text or literal(answer)))
