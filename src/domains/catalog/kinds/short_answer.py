"""Short answer: a few words of one's own, against what the author accepts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec

from domains.catalog.kinds.kind import Feedback, Kind, Prompt, Share, decoded_text, require_texts
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.grading import grade_text, prepare, takes_long
from domains.catalog.policy.groups import literal, plain
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.patterns import is_pattern, matches, without_stars
from domains.catalog.policy.text import norms


class ShortAnswerPrompt(Prompt, frozen=True, tag="short_answer"):
    text: str
    language: str
    answer_language: str


class ShortAnswer(Kind[str], frozen=True, tag="short_answer"):
    """One of `accepted`, the author's own first, which has no `*`; in others a `*` stands for anything. A learner
    answers with the text as typed. Slips are forgiven as in a translation, unless large letters count (`case`) or the
    answer was right by a `*`.

    `shares` says of other answers how much they score, `feedback` what is said to them; both may have `*`, and of
    several that fit the longest counts."""

    answer_form = "the text as typed"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "What is the capital of Mexico?",
        "accepted": ["Ciudad de México", "*México*D*F*"],
        "shares": {"México": 0.5},
        "feedback": {"México": "That is the country."},
    }
    example_answer = "ciudad de méxico"

    text: str
    language: str
    answer_language: str
    accepted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=5_000)]
    case: bool = False
    shares: Mapping[str, Share] = {}
    feedback: Mapping[str, Feedback] = {}

    def __post_init__(self) -> None:
        require_texts(text=self.text, accepted=self.accepted, shares=self.shares, feedback=self.feedback)
        if is_pattern(self.accepted[0]):
            raise ValueError("`accepted[0]` must be an answer to show, without `*`")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for text in self.accepted:
            yield self.answer_language, text.replace("*", " ")

    def accepted_texts(self) -> Iterator[str]:
        return (text for text in self.accepted if not is_pattern(text))

    def prompt(self, seed: str) -> ShortAnswerPrompt:
        return ShortAnswerPrompt(self.text, self.language, self.answer_language)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_text(raw, "the answer")

    def _written(self) -> tuple[str, ...]:
        return tuple(without_stars(text) for text in self.accepted if not is_pattern(text))

    @property
    def takes_long(self) -> bool:
        return takes_long(self.accepted)

    def prepare(self) -> None:
        prepare(self._written(), self.answer_language)

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        written = self._written()
        found = grade_text(answer, written, self.answer_language, lexicon)
        shown = plain(written[0])
        pattern = self._longest([text for text in self.accepted if is_pattern(text)], answer)
        if pattern is not None:
            return graded(Verdict.EXACT, shown, (Token(answer, Verdict.EXACT),), None, self.feedback.get(pattern, ""))
        share = self._longest(self.shares, answer)
        # An answer with a slip may be another one of its own, but is not all that a star stands for.
        is_other = share is not None and not is_pattern(share) and found.verdict is not Verdict.EXACT
        if found.correct and not is_other and (not self.case or self._has_large_letters(written, answer)):
            said = self.feedback.get(str(found.expected), "")
            return graded(found.verdict, found.expected, found.tokens, found.score, said)
        said = self._said(answer)
        if share is None and not found.correct:
            return graded(found.verdict, found.expected, found.tokens, 0.0, said)
        token = Token(answer, Verdict.WRONG, shown)
        return graded(Verdict.WRONG, shown, (token,), 0.0 if share is None else self.shares[share], said)

    def _said(self, answer: str) -> str:
        pattern = self._longest(self.feedback, answer)
        return "" if pattern is None else self.feedback[pattern]

    def _has_large_letters(self, written: tuple[str, ...], answer: str) -> bool:
        return any(self._fits(plain(text).replace("*", "\\*"), answer) for text in written)

    def _fits(self, pattern: str, answer: str) -> bool:
        return matches(pattern, answer, self.answer_language, case=self.case)

    def _longest(self, patterns: Iterable[str], answer: str) -> str | None:
        fitting = [pattern for pattern in patterns if self._fits(pattern, answer)]
        return max(fitting, key=lambda pattern: (len(pattern), pattern), default=None)

    def said(self, answer: str) -> str:
        return answer.strip() if self.case else " ".join(norms(answer, self.answer_language))

    def accepting(self, answer: str, text: str | None) -> Self:
        return msgspec.structs.replace(self, accepted=(*self.accepted, text or literal(answer).replace("*", "\\*")))
