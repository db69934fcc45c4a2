"""The words a course teaches, per language: none of them is ever forgiven as a slip of another."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from domains.catalog.policy.groups import texts_in
from domains.catalog.policy.text import fold, is_unspaced, norms

LONGEST_ENDING = 4


class Vocabulary(Struct, frozen=True):
    """Words as `norm`, and again without accents."""

    words: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    """Words of several characters, in scripts that put no spaces between words."""
    frequent: frozenset[str] = frozenset()
    """Other words of the language: no slip makes one of them either."""
    endings: tuple[frozenset[str], ...] = ()
    """What the forms of the course's words end with, group by group, without accents."""


_EMPTY = Vocabulary()


class Lexicon(Struct, frozen=True):
    by_language: Mapping[str, Vocabulary]

    def of(self, language: str) -> Vocabulary:
        """Empty for a language that the course does not use."""
        return self.by_language.get(language, _EMPTY)


def lexicon(
    texts: Iterable[tuple[str, str]],
    *,
    words: Iterable[tuple[str, str]] = (),
    forms: Iterable[tuple[str, Sequence[str]]] = (),
    frequent: Mapping[str, Iterable[str]] | None = None,
) -> Lexicon:
    """A lexicon of (language, text): every word of every text.

    `words` are texts known to be single words, which only says something where words are not parted by spaces.
    `forms` are words that are forms of one another, `niño` and `niña`: writing one ending of them for another is no
    slip, also of words that have no such forms in the course. `frequent` lists words of a language by frequency."""
    found: dict[str, set[str]] = {}
    segments: dict[str, set[str]] = {}
    endings: dict[str, dict[frozenset[str], None]] = {}
    more: dict[str, frozenset[str]] = {}
    for language, text in texts:
        found.setdefault(language, set()).update(_words(text, language))
    for language, text in words:
        for part in texts_in(text):
            characters = norms(part, language)
            if len(characters) > 1 and all(map(is_unspaced, characters)):
                segments.setdefault(language, set()).add("".join(characters))
    for language, group in forms:
        found.setdefault(language, set()).update(word for text in group for word in _words(text, language))
        endings.setdefault(language, {}).update(dict.fromkeys(_endings(group, language)))
    for language, listed in (frequent or {}).items():
        more[language] = frozenset(word for text in listed for word in norms(text, language))
    return Lexicon(
        {
            language: _vocabulary(
                found.get(language, set()) | segments.get(language, set()),
                segments.get(language, set()),
                more.get(language, frozenset()),
                tuple(endings.get(language, ())),
            )
            for language in {*found, *segments, *more}
        }
    )


def _words(text: str, language: str) -> Iterable[str]:
    return (word for part in texts_in(text) for word in norms(part, language))


def _vocabulary(
    words: set[str], segments: set[str], frequent: frozenset[str], endings: tuple[frozenset[str], ...]
) -> Vocabulary:
    return Vocabulary(frozenset(words), frozenset(map(fold, words)), frozenset(segments), frequent, endings)


def _endings(group: Sequence[str], language: str) -> Iterable[frozenset[str]]:
    """What the texts end with, word by word, where they have the same stem: `o` and `a` of `niño` and `niña`."""
    spelled = [[fold(word) for word in norms(text, language)] for text in group]
    for words in zip(*spelled, strict=False):
        stem = 0
        while all(len(word) > stem and word[stem] == words[0][stem] for word in words):
            stem += 1
        tails = frozenset(word[stem:] for word in words)
        if len(tails) > 1 and stem >= 2 and max(map(len, tails)) <= LONGEST_ENDING:
            yield tails
