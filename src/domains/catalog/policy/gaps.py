"""Several texts in one answer, each typed or chosen: gaps of a text, turns of a dialogue."""

from collections.abc import Sequence

from domains.catalog.policy.grade import RANK, Grade, Token, Verdict, graded
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.groups import literal, plain
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import norms

Texts = tuple[str, ...]


def grade_gaps(
    answer: Sequence[str], gaps: Sequence[Texts], options: Sequence[Texts], language: str, lexicon: Lexicon
) -> Grade:
    """`options` has for each gap what there is to choose from, none where it is typed. The score is the share of gaps
    that were filled rightly."""
    grades = [
        grade_text(text, accepted, language, lexicon, typed=not choices)
        if text not in choices
        else _chosen(text, accepted)
        for text, accepted, choices in zip(answer, gaps, options, strict=True)
    ]
    right = sum(grade.correct for grade in grades)
    worst = max((grade.verdict for grade in grades), key=RANK.__getitem__)
    # Where some gaps are right, the whole is not nothing but has wrong words.
    verdict = Verdict.WRONG_WORD if right and worst is Verdict.WRONG else worst
    tokens = tuple(_token(text, grade) for text, grade in zip(answer, grades, strict=True))
    return graded(verdict, tuple(map(_shown, grades)), tokens, round(right / len(grades), 4))


def said_in_gaps(answer: Sequence[str], language: str) -> str:
    return " | ".join(" ".join(norms(text, language)) for text in answer)


def widened(
    answer: Sequence[str], gaps: Sequence[Texts], options: Sequence[Texts], language: str, text: str | None
) -> tuple[Texts, ...] | None:
    """`gaps` with what was answered among what is right, in the words of `text` where there is one gap. What was chosen
    from given options is right or wrong for good."""
    if (text and len(gaps) > 1) or not all(given.strip() for given in answer):
        return None
    found = tuple(_wider(given, gap, language, text) for given, gap in zip(answer, gaps, strict=True))
    if any(choices and new != gap for choices, new, gap in zip(options, found, gaps, strict=True)):
        return None
    return found


def _wider(given: str, gap: Texts, language: str, text: str | None) -> Texts:
    if norms(given, language) in [norms(plain(one), language) for one in gap]:
        return gap
    return (*gap, text or literal(given))


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
