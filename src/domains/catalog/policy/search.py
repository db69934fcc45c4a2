"""How texts and questions become the words that search compares. Pure.

Invariant: whatever is written and whatever is asked go through the same folding, so that case, accents, points and
widths never keep them apart. Scripts without spaces between words are compared by pairs of characters.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from rapidfuzz.distance import OSA

from domains.catalog.policy.text import fold, folded, is_unspaced, norms, places, primary, spelled

LONGEST_WORD = 60
MOST_ASKED = 12
"""Words of a question; what follows is left out."""
SNIPPET = 160
"""Characters, about."""
_BEFORE = 50
_SHORTEST_MENDED = 4
_LONG = 8
_MOST_MENDED = 3
_BEGIN_ALIKE = 3
"""Letters that words of one stem have in common at least."""

# The stemmers that PostgreSQL may have. Which of them a server really has is asked when it is used.
# fmt: off
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}
# fmt: on
"""Text search configurations by primary subtag; a language without one is compared as it is written."""


class Asked(NamedTuple):
    """A word of a question. Words of one `place` stand for one another."""

    place: int
    word: str
    open: bool = False
    """Also what only begins like this will do."""


class Part(NamedTuple):
    text: str
    hit: bool


def stemmer(language: str) -> str:
    return STEMMERS.get(primary(language), "simple")


class Words(NamedTuple):
    """`bare` as they are compared, in order; `accented` those of them that have accents, with them: stems are found
    better so."""

    bare: list[str]
    accented: list[str]


def words_of(text: str) -> Words:
    if text.isascii():
        return Words([part for word in norms(text) for part in _parts(word)], [])
    found = Words([], [])
    for run, with_accents, unspaced in _runs(text):
        if not unspaced:
            found.bare.extend(run)
            found.accented.extend(each for word, each in zip(run, with_accents, strict=False) if each != word)
            continue
        found.bare.extend(one + following for one, following in pairwise(run))
        # So that a single character finds every word that begins with it, this one too.
        found.bare.append(run[-1])
    return found


def asked(question: str) -> list[Asked]:
    """The words of a question, each followed by itself with its accents where it has any. The last one may be
    unfinished, since people search while they type."""
    found: dict[str, tuple[str, bool]] = {}
    for run, with_accents, unspaced in _runs(question):
        if not unspaced:
            for word, as_written in zip(run, with_accents, strict=False):
                found.setdefault(word, (as_written, False))
        elif len(run) == 1:
            found.setdefault(run[0], (run[0], True))
        else:
            for one, following in pairwise(run):
                found.setdefault(one + following, (one + following, False))
    words: list[Asked] = []
    kept = list(found.items())[:MOST_ASKED]
    for place, (word, (as_written, is_open)) in enumerate(kept):
        words.append(Asked(place, word, is_open or place == len(kept) - 1))
        if as_written != word:
            words.append(Asked(place, as_written))
    return words


def bare(words: Iterable[Asked]) -> list[str]:
    """The words without accents, once each."""
    return list(dict.fromkeys(fold(each.word) for each in words))


def _runs(text: str) -> Iterator[tuple[list[str], list[str], bool]]:
    """Without and with accents: characters side by side of a script without spaces, and True; the parts of any other
    word, and False."""
    unspaced: list[str] = []
    for before, word in spelled(text)[0]:
        if is_unspaced(word.text):
            if before and unspaced:
                yield unspaced, unspaced, True
                unspaced = []
            unspaced.append(word.fold)
            continue
        if unspaced:
            yield unspaced, unspaced, True
            unspaced = []
        # "l'eau" is found by "eau".
        yield _parts(word.fold), _parts(word.norm), False
    if unspaced:
        yield unspaced, unspaced, True


def _parts(word: str) -> list[str]:
    if word.isalnum():
        return [word[:LONGEST_WORD]]
    # A mark that stands alone is folded to nothing, or to a space.
    return [part[:LONGEST_WORD] for part in _BREAK.split(word) if any(map(str.isalnum, part))]


_BREAK = re.compile(r"[\s']+")


# ---- mending


def mendable(words: Iterable[Asked], known: Iterable[str]) -> list[Asked]:
    """Words that may be mistyped: long enough, and written nowhere."""
    there = set(known)
    return [each for each in words if len(each.word) >= _SHORTEST_MENDED and each.word not in there]


def slips(word: str) -> int:
    """How many slips of the finger are forgiven."""
    return 2 if len(word) >= _LONG else 1


def mended(word: str, known: Iterable[str]) -> list[str]:
    """The words that were probably meant, the nearest first; at most three."""
    within = slips(word)
    near = ((OSA.distance(word, other, score_cutoff=within), other) for other in known)
    return [other for distance, other in sorted(near) if distance <= within][:_MOST_MENDED]


# ---- showing

_IMAGE_OR_LINK = re.compile(r"!?\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)")
_MARKUP = re.compile(r"[*_`~]{1,3}|^\s{0,3}(?:#{1,6}|>|[-+]|\d{1,3}[.)])\s+", re.MULTILINE)
_SPACE = re.compile(r"\s+")


def plain(markdown: str) -> str:
    """One line without what only a renderer of Markdown understands. It is text and no HTML, whatever it says."""
    text = _MARKUP.sub("", _IMAGE_OR_LINK.sub(r"\1", markdown))
    return _SPACE.sub(" ", text.replace("\x00", "")).strip()


def snippet(text: str, words: Sequence[Asked]) -> list[Part]:
    """The piece of `text` around what was asked for first, cut where words end; its beginning where nothing was."""
    hits = _hits(text, words)
    start, end = _window(text, hits[0][0] if hits else 0)
    parts = [Part("…", False)] if start else []
    at = start
    for begin, stop in hits:
        if begin < at or stop > end:
            continue
        if begin > at:
            parts.append(Part(text[at:begin], False))
        parts.append(Part(text[begin:stop], True))
        at = stop
    if at < end:
        parts.append(Part(text[at:end], False))
    return [*parts, Part("…", False)] if end < len(text) else parts


def _window(text: str, first: int) -> tuple[int, int]:
    start = max(0, first - _BEFORE)
    if start:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + SNIPPET)
    if end < len(text):
        space = text.rfind(" ", first + 1, end)
        end = space if space > first else end
    return start, end


Span = tuple[int, int]


def _hits(text: str, words: Sequence[Asked]) -> list[Span]:
    """Where in `text` the words are. Only the database knows stems: where a word does not stand as it was asked,
    what has the greater part in common with it is taken for it."""
    there = _Text(text)
    hits: set[Span] = set()
    for _, forms in groupby(words, lambda each: each.place):
        wanted = list(forms)
        exact = {span for each in wanted for span in there.exactly(each)}
        hits |= exact or {span for each in wanted for span in there.nearly(each.word)}
    return sorted(hits)


class _Text:
    """Where each word stands. There may be a hundred of these on a page of answers, with hundreds of words each, so
    that nothing here compares every word with every other."""

    def __init__(self, text: str) -> None:
        self._spans: dict[str, list[Span]] = {}
        self._parts: dict[str, list[Span]] = {}
        """Of what an apostrophe joins, and of pairs in a script without spaces."""
        self._alike: dict[str, list[str]] = {}
        """Words by how they begin."""
        before: Span = (0, -1)
        last = ""
        for span in places(text):
            word = folded(text[span[0] : span[1]])
            self._spans.setdefault(word, []).append(span)
            if "'" in word:
                for part in word.split("'"):
                    self._parts.setdefault(part, []).append(span)
            if before[1] == span[0]:
                self._parts.setdefault(last + word, []).append((before[0], span[1]))
            before, last = span, word
        for word in self._spans:
            self._alike.setdefault(word[:_BEGIN_ALIKE], []).append(word)

    def exactly(self, each: Asked) -> Iterator[Span]:
        yield from self._spans.get(each.word, ())
        yield from self._parts.get(each.word, ())
        if each.open:
            for word in self._spans:
                if word.startswith(each.word):
                    yield from self._spans[word]

    def nearly(self, word: str) -> Iterator[Span]:
        for other in self._alike.get(word[:_BEGIN_ALIKE], ()):
            if _akin(word, other):
                yield from self._spans[other]


def _akin(one: str, other: str) -> bool:
    common = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return common >= _BEGIN_ALIKE and common * 2 > max(len(one), len(other)) and max(len(one), len(other)) - common <= 4
