"""What a machine has heard, against what was to be said. It writes as it likes: without signs and accents, numbers in
digits, words of the same sound for one another. That is nobody's mistake, and neither is a word in five misheard."""

from functools import lru_cache

from domains.catalog.policy.grade import CORRECT, Grade, Token, Verdict, graded
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.groups import plain
from domains.catalog.policy.languages import language_data
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import fold, norms

FAULTS = frozenset(Verdict) - CORRECT
ENOUGH = 0.8
"""Share of the words that have to be heard."""


def grade_spoken(heard: str, accepted: tuple[str, ...], language: str, lexicon: Lexicon) -> Grade:
    """The score is the share of words that were heard."""
    grade = grade_text(heard, accepted, language, lexicon)
    together = _sound("".join(norms(heard, language)), language)
    for text in accepted:
        if together and together == _sound("".join(norms(plain(text), language)), language):
            return graded(Verdict.EXACT, plain(text), (Token(heard, Verdict.EXACT),))
    tokens = tuple(_heard(token, language) for token in grade.tokens)
    asked = sum(map(_words, tokens))
    share = round(sum(_words(token) for token in tokens if token.verdict in CORRECT) / asked, 4) if asked else 0.0
    if share < ENOUGH:
        return graded(grade.verdict, grade.expected, tokens, share)
    slips = any(token.verdict in {Verdict.TYPO, *FAULTS} and token.expected for token in tokens)
    return graded(Verdict.TYPO if slips else Verdict.EXACT, grade.expected, tokens, share)


def _heard(token: Token, language: str) -> Token:
    alike = token.expected and token.text and _sound(token.text, language) == _sound(token.expected, language)
    return Token(token.text, Verdict.EXACT) if alike else token


def _words(token: Token) -> int:
    """How many words were asked for there."""
    text = token.text if token.verdict is Verdict.EXACT else token.expected
    return len((text or "").split())


@lru_cache(maxsize=4096)
def _sound(text: str, language: str) -> str:
    data = language_data(language)
    words = [data.homophones.get(fold(word), fold(word)) for word in norms(text, language)]
    sound = "".join(words)
    for letters, same in data.sounds:
        sound = sound.replace(letters, same)
    return sound
