"""Text as the grader sees it: two spellings of the same Unicode text give the same words.

Three forms of a word: `text` for showing (widths made one), `norm` for equality (case folded), `fold` without accents.
"""

import re
import sys
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# No apostrophe, quote, dash or full stop is more right than another.
_SAME = {
    **dict.fromkeys(map(ord, "’‘‛ʼʹ′´`＇"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»‹›「」『』"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "。｡"), "."),
    **dict.fromkeys(map(ord, "、､،"), ","),
    ord("؛"): ";",
    ord("؟"): "?",
    # Invisible: soft hyphen, tatweel, zero widths, direction marks.
    **dict.fromkeys((0x00AD, 0x0640, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))),
}
# Letters that are accented without decomposing, and letters that Arabic typists use for one another.
_FOLDED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe", "ى": "ي", "ة": "ه", "ٱ": "ا"}
)
# Marks that are accents. Those of Thai, Indic scripts and kana are not: there they are letters.
_ACCENTS = re.compile(
    "[\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"
    # A breve is an accent, except that of й, which is a letter of its own.
    "|(?<![иИ])\u0306"
)


def _mark_class() -> str:
    """A character class of all combining marks, which `\\w` leaves out although they are parts of words."""
    ranges: list[list[int]] = []
    for code in range(0x300, min(0x1E950, sys.maxunicode)):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{re.escape(chr(a))}-{re.escape(chr(b))}" for a, b in ranges)


_CJK = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = rf"(?:[^\W_{_CJK}]+|[{_mark_class()}]+)++"
_WORD = re.compile(rf"[{_CJK}]|{_RUN}(?:'{_RUN})*")
_IDEOGRAPH = re.compile(f"[{_CJK}]")
_ASCII_WORD = re.compile(r"[a-zA-Z0-9]+(?:'[a-zA-Z0-9]+)*")
# Beyond letters of Latin, Greek and Cyrillic with their accents, and plain punctuation.
_UNUSUAL = re.compile(
    "[^\t-_a-~\u00bf\u00a1\u00c0-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e\u0386-\u03ce\u0400-\u045f]"
)
_SPACE = re.compile(r"\s+")


class Word(NamedTuple):
    text: str
    norm: str
    fold: str


def clean(text: str) -> str:
    """`text` for splitting and for showing: one width, one apostrophe, nothing invisible."""
    if text.isascii():
        return text.replace("`", "'")
    # Lone surrogates cannot be sent back to anyone.
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    if _UNUSUAL.search(text) is None:
        return text
    return unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)


def norm(text: str) -> str:
    """`text` for equality. Idempotent over Unicode's normal forms and case."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text.casefold()).translate(_SAME)


def fold(normal: str) -> str:
    """`normal` without its accents."""
    if normal.isascii():
        return normal
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", normal.translate(_FOLDED)))
    return unicodedata.normalize("NFC", bare)


def norms(text: str) -> list[str]:
    """The words of `text`, each as `norm`; scripts that put no spaces give one word per character."""
    text = clean(text)
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return [_norm_word(found) for found in _WORD.findall(text)]


# The accepted answers of an exercise say the same few words over and over.
_norm_word = lru_cache(maxsize=8192)(norm)
fold_word = lru_cache(maxsize=8192)(fold)


def split(text: str) -> list[Word]:
    """The words of `text` in order, without punctuation."""
    words = []
    for found in _WORD.findall(clean(text)):
        normal = norm(found)
        words.append(Word(found, normal, fold_word(normal)))
    return words


def tiles(text: str) -> list[str]:
    """The words of `text` as they may be tapped: as written, hyphens and all, without punctuation around them."""
    found = []
    for piece in clean(text).split():
        matches = list(_WORD.finditer(piece))
        if any(_IDEOGRAPH.match(match[0]) for match in matches):
            found += [match[0] for match in matches]
        elif matches:
            found.append(piece[matches[0].start() : matches[-1].end()])
    return found


def shape(text: str) -> str:
    """The punctuation of `text` and where it stands; equal for texts that differ in words and spaces only."""
    return _SPACE.sub("", _WORD.sub("w", clean(text)))
