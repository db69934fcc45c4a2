"""What the grader knows about single languages: data only, so that a language is a file and not a branch.

A file of `language_data` is named after the primary subtag, `es.toml`. Its keys, all optional:

- `endings`: groups of endings that carry number, gender, case or person, `-` for none at all. Two forms that differ
  only by two endings of one group are two forms of a word; writing one for the other is a mistake of grammar and not
  of the fingers.
- `beginnings`: the same of what stands before a word: `ي ت ن ا`, the persons of Arabic.
- `contractions`: words that may be written in full instead, both ways: `"i'd" = ["i would", "i had"]`. Only those that
  a writer may choose: Spanish `del` is not here.
- `numbers`: the names of 0, 1, 2 and so on, other forms behind a slash.
- `months`: their names, the most usual form first.
- `date_words`: words that stand in dates and say nothing.
- `decimal_mark`: what stands between the whole and the tenths.
- `homophones`: words that sound the same, `"to two too"`; for what machines write down of what is said.
- `sounds`: letters that sound like others, in the order in which they are replaced: `"v" = "b"`.
- `stand_ins`: spellings of letters that a keyboard lacks, beyond leaving out their marks: `"ä" = "ae"`.
- `unmarked`: letters that may always be written as others, whatever word that makes: `"ё" = "е"`.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

import msgspec
from msgspec import Struct

from domains.catalog.policy.text import fold, norm, norms, primary

Words = tuple[str, ...]


class _File(Struct, forbid_unknown_fields=True):
    endings: list[str] = []
    beginnings: list[str] = []
    contractions: dict[str, list[str]] = {}
    numbers: list[str] = []
    months: list[str] = []
    date_words: str = ""
    decimal_mark: str = "."
    homophones: list[str] = []
    sounds: dict[str, str] = {}
    stand_ins: dict[str, str] = {}
    unmarked: dict[str, str] = {}


class Language(Struct, frozen=True):
    """`homophones`: one of the words that sound so, by the others, all without accents.
    `variants`: by its first word, each run of words (as norms) and the runs that may stand in its place."""

    endings: tuple[frozenset[str], ...] = ()
    beginnings: tuple[frozenset[str], ...] = ()
    variants: Mapping[str, tuple[tuple[Words, Words], ...]] = {}
    months: tuple[tuple[str, ...], ...] = ()
    date_words: frozenset[str] = frozenset()
    decimal_mark: str = "."
    homophones: Mapping[str, str] = {}
    sounds: tuple[tuple[str, str], ...] = ()
    stand_ins: Mapping[int, str] = {}
    unmarked: Mapping[int, str] = {}


_UNKNOWN = Language()


def language_data(language: str) -> Language:
    """What is known of a BCP 47 tag; nothing of a language without a file."""
    return _LANGUAGES.get(primary(language), _UNKNOWN)


def variants_in(norms: Sequence[str], language: str) -> Iterator[tuple[slice, Words]]:
    """Where in a text words may be said in other words, and in which."""
    variants = language_data(language).variants
    for place, first in enumerate(norms):
        for run, other in variants.get(first, ()):
            if run == tuple(norms[place : place + len(run)]):
                yield slice(place, place + len(run)), other


def _contractions(file: _File, tag: str) -> Iterator[tuple[Words, Words]]:
    for short, fulls in file.contractions.items():
        for full in fulls:
            pair = tuple(norms(short, tag)), tuple(norms(full, tag))
            yield pair
            yield pair[1], pair[0]


def _numbers(file: _File, tag: str) -> Iterator[tuple[Words, Words]]:
    for value, names in enumerate(file.numbers):
        for name in names.split("/"):
            words = tuple(norms(name, tag))
            yield (str(value),), words
            # In many languages the word for one is also an article, and nobody writes `1 cat` for `a cat`.
            if value != 1:
                yield words, (str(value),)


def _affixes(groups: Sequence[str], tag: str) -> tuple[frozenset[str], ...]:
    """As words are compared: without accents."""
    return tuple(frozenset("" if one == "-" else fold(norm(one, tag)) for one in group.split()) for group in groups)


def _language(file: _File, tag: str) -> Language:
    variants: dict[str, list[tuple[Words, Words]]] = {}
    for run, other in (*_contractions(file, tag), *_numbers(file, tag)):
        variants.setdefault(run[0], []).append((run, other))
    return Language(
        endings=_affixes(file.endings, tag),
        beginnings=_affixes(file.beginnings, tag),
        variants={first: tuple(dict.fromkeys(pairs)) for first, pairs in variants.items()},
        months=tuple(tuple(names.split("/")) for names in file.months),
        date_words=frozenset(file.date_words.split()),
        decimal_mark=file.decimal_mark,
        homophones={fold(word): fold(norms(group, tag)[0]) for group in file.homophones for word in norms(group, tag)},
        sounds=tuple(file.sounds.items()),
        stand_ins=str.maketrans(file.stand_ins),
        unmarked=str.maketrans(file.unmarked),
    )


def _read() -> dict[str, Language]:
    found = {}
    for path in files("domains.catalog.policy").joinpath("language_data").iterdir():
        tag, _, kind = path.name.partition(".")
        if kind == "toml":
            found[tag] = _language(msgspec.toml.decode(path.read_bytes(), type=_File), tag)
    return found


_LANGUAGES = _read()
