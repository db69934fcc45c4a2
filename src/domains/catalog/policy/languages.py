"""What the grader knows about single languages: data only, so that a language is a line and not a branch."""

from collections.abc import Mapping

# Endings that carry number, gender, case or person. Two forms that differ only by two endings of one group are two
# forms of a word, and writing one for the other is a mistake of grammar and not of the fingers.
_VOWEL_ENDINGS_ES = frozenset({"a", "o", "e", "as", "os", "es", "an", "en", "amos", "emos"})
ENDINGS: Mapping[str, tuple[frozenset[str], ...]] = {
    "en": (frozenset({"", "s", "es", "d", "ed", "ing"}),),
    "es": (frozenset({"", "s", "es", "n"}), _VOWEL_ENDINGS_ES),
    "pt": (frozenset({"", "s", "es", "m"}), frozenset({"a", "o", "e", "as", "os", "es", "am", "em"})),
    "it": (frozenset({"a", "o", "e", "i"}), frozenset({"", "no"})),
    "fr": (frozenset({"", "e", "s", "es", "x"}), frozenset({"e", "es", "ent", "ez"})),
    "de": (frozenset({"", "e", "en", "er", "es", "em", "n", "r", "s", "m", "t", "st"}),),
    "ru": (
        frozenset({"", "а", "я", "о", "е", "ы", "и", "у", "ю", "ой", "ом", "ам", "ов", "ет", "ют", "ешь", "ть"}),
        frozenset({"ый", "ая", "ое", "ые", "ой", "ий", "яя", "ее", "ие"}),
    ),
}

# Spellings that stand in for a letter the learner's keyboard lacks, beyond plainly leaving out its mark.
TRANSLITERATIONS: Mapping[str, Mapping[str, str]] = {
    "de": {"ä": "ae", "ö": "oe", "ü": "ue"},
    "da": {"å": "aa", "ø": "oe", "æ": "ae"},
    "nb": {"å": "aa", "ø": "oe", "æ": "ae"},
    "sv": {"å": "aa"},
    "eo": {"ĉ": "cx", "ĝ": "gx", "ĥ": "hx", "ĵ": "jx", "ŝ": "sx", "ŭ": "ux"},
}


def primary(language: str) -> str:
    """`es` of `es-419`."""
    return language.partition("-")[0].lower()
