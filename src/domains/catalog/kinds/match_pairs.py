"""Match pairs: find for each text on the left its partner on the right."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import Kind, Prompt, decoded, require_distinct, require_texts, shuffled
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon

MOST_PAIRS = 12

Pair = tuple[str, str]


class MatchPairsPrompt(Prompt, frozen=True, tag="match_pairs"):
    language: str
    """Of the texts on the left."""
    right_language: str
    left: list[str]
    right: list[str]


class MatchPairs(Kind[list[Pair]], frozen=True, tag="match_pairs"):
    """A learner answers with pairs [left, right] in any order; the score is the share of pairs found."""

    language: str
    right_language: str
    pairs: Annotated[tuple[Pair, ...], msgspec.Meta(min_length=2, max_length=MOST_PAIRS)]

    def __post_init__(self) -> None:
        for place, side in enumerate(("left", "right")):
            texts = [pair[place] for pair in self.pairs]
            require_texts(texts, f"texts on the {side}")
            require_distinct(texts, f"texts on the {side}")

    def subject(self) -> str:
        return f"{self.language}:{'|'.join(left for left, _ in self.pairs)}"

    def texts(self) -> Iterator[tuple[str, str]]:
        for left, right in self.pairs:
            yield self.language, left
            yield self.right_language, right

    def prompt(self, seed: str) -> MatchPairsPrompt:
        left = shuffled([pair[0] for pair in self.pairs], seed, "left")
        right = shuffled([pair[1] for pair in self.pairs], seed, "right")
        return MatchPairsPrompt(self.language, self.right_language, left, right)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[Pair]:
        expected = f"The answer must be a list of at most {MOST_PAIRS} pairs [left, right] of strings."
        answer = decoded(raw, list[Pair], expected)
        if len(answer) > MOST_PAIRS:
            raise AnswerShape(expected)
        return answer

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


def _token(pair: Pair, right: str | None) -> Token:
    if right is None:
        return Token(_shown(pair), Verdict.EXTRA)
    if pair[1] == right:
        return Token(_shown(pair), Verdict.EXACT)
    return Token(_shown(pair), Verdict.WRONG_WORD, _shown((pair[0], right)))


def _shown(pair: Pair) -> str:
    return f"{pair[0]} = {pair[1]}"
