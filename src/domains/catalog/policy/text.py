"""Text as the grader sees it: two spellings of the same Unicode text give the same words.

Three forms of a word: `text` for showing (widths made one), `norm` for equality (case folded), `fold` without accents.
Scripts that put no spaces between words give one word per character; a Thai character has its vowel and tone marks.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# No apostrophe, quote, dash or full stop is more right than another.
_SAME = {
    **dict.fromkeys(map(ord, "’‘‛ʼʹ′´`＇׳"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»‹›「」『』״"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−־"), "-"),
    **dict.fromkeys(map(ord, "。｡।٫"), "."),
    **dict.fromkeys(map(ord, "、､،٬"), ","),
    ord("؛"): ";",
    ord("؟"): "?",
    # Invisible: soft hyphen, tatweel, zero widths, direction marks, and what picks the look of an emoji.
    **dict.fromkeys((0x00AD, 0x0640, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))),
    **dict.fromkeys((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))),
}
# Letters that are accented without decomposing, and letters that typists of Arabic and Hindi use for one another.
_FOLDED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe"}
    | {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ٱ": "ا", "ँ": "ं"}
)
# Marks that readers of Arabic and Hebrew do without: harakat and niqqud.
_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u0652\u0670\u06d6-\u06dc]")
# Marks that are accents. Those of Thai, Indic scripts (but for the nukta) and kana are not: there they are letters.
_ACCENTS = re.compile(
    "[\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u093c]"
    # A breve is an accent, except that of й, which is a letter of its own.
    "|(?<![иИ])\u0306"
)
# Languages in which `i` has its dot also when it is large, and `ı` is another letter.
_DOTTED = frozenset({"tr", "az"})
_LARGE_I = {ord("I"): "ı", ord("İ"): "i"}


def _ranges(codes: list[int]) -> str:
    """The inside of a character class."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{re.escape(chr(a))}-{re.escape(chr(b))}" for a, b in ranges)


def _mark_and_digit_codes() -> tuple[list[int], dict[int, str]]:
    """Codes of parts of words that `\\w` leaves out; digits of all scripts, as Latin ones."""
    marks, digits = [], {}
    for code in range(0x300, 0x1FC00):
        category = unicodedata.category(chr(code))
        if category == "Nd":
            digits[code] = str(unicodedata.digit(chr(code)))
        elif category[0] == "M":
            marks.append(code)
    return marks, digits


_MARKS, _DIGITS = _mark_and_digit_codes()
_MARK = _ranges(_MARKS)
_CJK = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Thai, Lao, Burmese, Khmer.
_UNSPACED = (*range(0x0E01, 0x0E80), *range(0x0E80, 0x0F00), *range(0x1000, 0x10A0), *range(0x1780, 0x1800))
_SYLLABIC = _ranges([code for code in _UNSPACED if unicodedata.category(chr(code))[0] == "L"])
_RUN = rf"(?:[^\W_{_CJK}{_SYLLABIC}]+|[{_MARK}]+)++"
_WORD = re.compile(rf"[{_CJK}]|[{_SYLLABIC}][{_MARK}]*|{_RUN}(?:'{_RUN})*")
_UNSPACED_WORD = re.compile(rf"[{_CJK}{_SYLLABIC}]")
_ASCII_WORD = re.compile(r"[a-zA-Z0-9]+(?:'[a-zA-Z0-9]+)*")
# Beyond letters of Latin, Greek and Cyrillic with their accents, and plain punctuation.
_UNUSUAL = re.compile(
    "[^\t-_a-~\u00bf\u00a1\u00c0-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e\u0386-\u03ce\u0400-\u045f]"
)
# Compatibility takes the Thai and Lao vowel am apart; there are two ways to write it with a tone mark.
_AM = re.compile("([\u0e48-\u0e4b]?)\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_LAO_AM = re.compile("([\u0ec8-\u0ecb]?)\u0ecd([\u0ec8-\u0ecb]?)\u0eb2")
_SPACE = re.compile(r"\s+")
# 1,000 and 1.000 and 1'000, but neither 3.14 nor 1.2.2024.
_GROUPED = re.compile(r"(?<![\d.,'])[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\.\d{3})+|(?:'\d{3})+)(?!\d|[.,']\d)")
_GROUPING = str.maketrans("", "", ".,'")
# The U.S.A. are the USA; at the end of a text the last full stop is that of the sentence.
_INITIALS = re.compile(r"(?<![\w.])(?:[^\W\d_]\.)+[^\W\d_](?!\w)(?:\.(?=\s*\w))?")


class Word(NamedTuple):
    text: str
    norm: str
    fold: str


@lru_cache(maxsize=256)
def primary(language: str) -> str:
    """`es` of `es-419`."""
    return language.partition("-")[0].lower()


def clean(text: str) -> str:
    """`text` for splitting and for showing: one width, one apostrophe, nothing invisible, numbers without grouping,
    initials without full stops."""
    if text.isascii():
        text = text.replace("`", "'")
    else:
        # Lone surrogates cannot be sent back to anyone.
        text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
        if _UNUSUAL.search(text) is not None:
            text = _compatible(text.translate(_SAME)).translate(_SAME)
    text = _INITIALS.sub(lambda letters: letters[0].replace(".", ""), text) if "." in text else text
    return _GROUPED.sub(lambda number: number[0].translate(_GROUPING), text)


def norm(text: str, language: str = "") -> str:
    """`text` for equality. Idempotent over Unicode's normal forms and case; digits of any script are Latin ones."""
    if primary(language) in _DOTTED:
        text = unicodedata.normalize("NFC", text).translate(_LARGE_I)
    if text.isascii():
        return text.lower()
    return _compatible(text.casefold()).translate(_SAME).translate(_DIGITS)


def _compatible(text: str) -> str:
    return _LAO_AM.sub("\\1\\2\u0eb3", _AM.sub("\\1\\2\u0e33", unicodedata.normalize("NFKC", text)))


def fold(normal: str) -> str:
    """`normal` without its accents."""
    if normal.isascii():
        return normal
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", normal.translate(_FOLDED)))
    return unicodedata.normalize("NFC", bare)


# The accepted answers of an exercise say the same few words over and over.
_norm_word = lru_cache(maxsize=8192)(norm)
fold_word = lru_cache(maxsize=8192)(fold)


def folded(word: str) -> str:
    """Of a single word."""
    return fold_word(_norm_word(word))


def unpointed(normal: str) -> str:
    """`normal` without the marks that Arabic and Hebrew may leave out."""
    return normal if normal.isascii() else _POINTS.sub("", normal)


def is_unspaced(word: str) -> bool:
    """Whether `word` is of a script that puts no spaces between words."""
    return not word.isascii() and _UNSPACED_WORD.match(word) is not None


def joins(before: str, after: str) -> bool:
    """Whether two texts side by side make one word where they meet; `l'` and `eau` do."""
    edge = clean(before[-2:])
    edge = edge if edge.endswith("'") else edge[-1:]
    return bool(edge and after) and _WORD.fullmatch(edge + clean(after[:1])) is not None


def norms(text: str, language: str = "") -> list[str]:
    """The words of `text`, each as `norm`."""
    text = clean(text)
    if text.isascii() and primary(language) not in _DOTTED:
        return _ASCII_WORD.findall(text.lower())
    return [_norm_word(found, language) for found in _WORD.findall(text)]


def split(text: str, language: str = "") -> list[Word]:
    """The words of `text` in order, without punctuation."""
    return [_word(found, language) for found in _WORD.findall(clean(text))]


def spelled(text: str, language: str = "") -> tuple[list[tuple[str, Word]], str]:
    """The words of `text`, each with what stands before it, and what stands behind the last."""
    text = clean(text)
    found = []
    end = 0
    for match in _WORD.finditer(text):
        found.append((text[end : match.start()], _word(match[0], language)))
        end = match.end()
    return found, text[end:]


def _word(found: str, language: str) -> Word:
    normal = _norm_word(found, language)
    return Word(found, normal, fold_word(normal))


def places(text: str) -> list[tuple[int, int]]:
    """Where the words of `text` begin and end, in `text` as it was given."""
    return [match.span() for match in _WORD.finditer(text)]


def tiles(text: str) -> list[str]:
    """The words of `text` as they may be tapped: as written, hyphens and all, without punctuation around them."""
    found = []
    for piece in clean(text).split():
        matches = list(_WORD.finditer(piece))
        if any(is_unspaced(match[0]) for match in matches):
            found += [match[0] for match in matches]
        elif matches:
            found.append(piece[matches[0].start() : matches[-1].end()])
    return found


def shape(text: str) -> str:
    """The punctuation of `text` and where it stands; equal for texts that differ in words and spaces only."""
    return without_spaces(_WORD.sub("w", clean(text)))


def without_spaces(text: str) -> str:
    return _SPACE.sub("", text)
