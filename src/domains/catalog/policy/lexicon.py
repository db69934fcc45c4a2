"""The words a course teaches, per language: none of them is ever forgiven as a slip of another."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from domains.catalog.policy.text import fold, norms


class Vocabulary(Struct, frozen=True):
    """Words as `norm`, and again without accents."""

    words: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()


_EMPTY = Vocabulary()


class Lexicon(Struct, frozen=True):
    by_language: Mapping[str, Vocabulary]

    def of(self, language: str) -> Vocabulary:
        """Empty for a language that the course does not use."""
        return self.by_language.get(language, _EMPTY)


def lexicon(texts: Iterable[tuple[str, str]]) -> Lexicon:
    """A lexicon of (language, text): every word of every text."""
    words: dict[str, set[str]] = {}
    for language, text in texts:
        words.setdefault(language, set()).update(norms(text))
    return Lexicon({code: Vocabulary(frozenset(found), frozenset(map(fold, found))) for code, found in words.items()})
