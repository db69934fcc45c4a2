"""Cloze: a text with gaps, to be filled by typing or by choosing."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import LONGEST_TEXT, Kind, Prompt, decoded, require_distinct, require_texts, shuffled
from domains.catalog.policy.grade import RANK, Grade, Token, Verdict, graded
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.groups import literal, plain
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import norms

GAP = "___"
MOST_GAPS = 20

Accepted = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=100)]
Options = Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=10)]


class ClozePrompt(Prompt, frozen=True, tag="cloze"):
    language: str
    parts: list[str]
    """The text around the gaps: one more than there are gaps."""
    options: list[list[str]]
    """For each gap what may be chosen; empty where it is typed."""


class Cloze(Kind[list[str]], frozen=True, tag="cloze"):
    """`text` has a `___` for each of `gaps`, which says what is right there. A learner answers with a text for each.

    `options`, where given, has for each gap the texts to choose from, of which the first accepted one is one. The score
    is the share of gaps that were filled rightly."""

    text: str
    language: str
    gaps: Annotated[tuple[Accepted, ...], msgspec.Meta(min_length=1, max_length=MOST_GAPS)]
    options: tuple[Options, ...] = ()

    def __post_init__(self) -> None:
        require_texts((self.text, *(text for gap in self.gaps for text in gap)), "text and gaps")
        if self.text.count(GAP) != len(self.gaps):
            raise ValueError(
                f"text has {self.text.count(GAP)} gaps (`{GAP}`), but answers are given for {len(self.gaps)}"
            )
        if self.options and len(self.options) != len(self.gaps):
            raise ValueError("options must be given for every gap or for none")
        for accepted, options in zip(self.gaps, self.options, strict=False):
            require_texts(options, "options")
            require_distinct(options, "options of a gap")
            if accepted[0] not in options:
                raise ValueError(f"`{accepted[0]}` must be one of the options of its gap")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        for part in self.text.split(GAP):
            yield self.language, part
        for text in (*(text for gap in self.gaps for text in gap), *(text for gap in self.options for text in gap)):
            yield self.language, text

    def accepted_texts(self) -> Iterator[str]:
        for gap in self.gaps:
            yield from gap

    def prompt(self, seed: str) -> ClozePrompt:
        options = [shuffled(gap, seed, f"gap {number}") for number, gap in enumerate(self.options)]
        return ClozePrompt(self.language, self.text.split(GAP), options or [[] for _ in self.gaps])

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[str]:
        expected = f"The answer must be a list of {len(self.gaps)} strings, one for each gap, empty for one left open."
        answer = decoded(raw, list[str], expected)
        if len(answer) != len(self.gaps) or sum(map(len, answer)) > LONGEST_TEXT:
            raise AnswerShape(expected)
        return answer

    def check(self, answer: list[str], lexicon: Lexicon) -> Grade:
        grades = [
            grade_text(text, accepted, self.language, lexicon, typed=not options)
            if text not in options
            else _chosen(text, accepted)
            for text, accepted, options in zip(answer, self.gaps, self.options or ((),) * len(answer), strict=True)
        ]
        right = sum(grade.correct for grade in grades)
        worst = max((grade.verdict for grade in grades), key=RANK.__getitem__)
        # Where some gaps are right, the whole is not nothing but has wrong words.
        verdict = Verdict.WRONG_WORD if right and worst is Verdict.WRONG else worst
        tokens = tuple(_token(text, grade) for text, grade in zip(answer, grades, strict=True))
        return graded(verdict, tuple(map(_shown, grades)), tokens, round(right / len(grades), 4))

    def said(self, answer: list[str]) -> str:
        return " | ".join(" ".join(norms(text, self.language)) for text in answer)

    def accepting(self, answer: list[str], text: str | None) -> Self | None:
        """What was chosen from given options is right or wrong for good. `text` is for one gap only."""
        if self.options or (text and len(self.gaps) > 1) or not all(text.strip() for text in answer):
            return None
        gaps = tuple(
            gap
            if norms(given, self.language) in [norms(plain(one), self.language) for one in gap]
            else (*gap, text or literal(given))
            for given, gap in zip(answer, self.gaps, strict=True)
        )
        return msgspec.structs.replace(self, gaps=gaps)


def _chosen(option: str, accepted: Sequence[str]) -> Grade:
    """Letter by letter: where `Sie` and `sie` are to choose from, they are not the same."""
    is_right = option in accepted or option in map(plain, accepted)
    shown = option if is_right else plain(accepted[0])
    return graded(Verdict.EXACT if is_right else Verdict.WRONG_WORD, shown, ())


def _shown(grade: Grade) -> str:
    return plain(grade.expected) if isinstance(grade.expected, str) else ""


def _token(text: str, grade: Grade) -> Token:
    if grade.verdict is Verdict.EXACT:
        return Token(text, Verdict.EXACT)
    verdict = grade.verdict if grade.correct else Verdict.WRONG_WORD if text.strip() else Verdict.MISSING
    return Token(text, verdict, _shown(grade))
