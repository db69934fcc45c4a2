"""Accepted answers that stand for many: what may be left out, and what may be said instead.

- `(yo) hablo`, `{con mi} familia`, `[muy] bien`: what stands in brackets may be left out.
- `(el/la) gato`: inside brackets a slash parts alternatives, of any length; in round ones all may be left out, of
  curly and square ones with alternatives one has to be said: `{con mi/con la} familia`.
- `el/la gato`: outside, it parts the two words beside it; with spaces, `el gato / la gata`, the whole answer.
- Groups nest, and may be part of a word: `perro(s)`, `niñ{o/a}`.
- `\\(`, `\\/` and so on are plain characters, and so is a slash beside a digit: `24/7`.

Whatever else is written, unbalanced brackets above all, is taken literally, and `problems` says so.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, Union

from domains.catalog.policy.text import joins

DEEPEST = 6
MOST_GROUPS = 40
MOST_FORMS_OF_A_WORD = 64

_CLOSING = {"(": ")", "{": "}", "[": "]"}
_SPECIAL = re.compile(r"[(){}\[\]/\\]")
_ORDINARY = re.compile(r"[^\s(){}\[\]/\\]+")
_WHOLE_ANSWERS = re.compile(r"\s/\s")
_EDGES = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)

Parts = tuple[Union[str, "Choice"], ...]


class Choice(NamedTuple):
    branches: tuple[Parts, ...]
    optional: bool


class Problem(NamedTuple):
    position: int
    """Of the character in the text, from 1."""
    message: str


class _Unreadable(Exception):
    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(position + 1, message)


@lru_cache(maxsize=16384)
def parse(text: str) -> Parts:
    """Total: a text that cannot be read as groups is one literal part."""
    if _SPECIAL.search(text) is None:
        return (text,)
    try:
        return _Reader(text).read()
    except _Unreadable:
        return (text,)


def problems(text: str) -> list[Problem]:
    """Why the groups of `text` are not understood; nothing where they are, or where there are none."""
    try:
        _Reader(text).read()
    except _Unreadable as unreadable:
        return [unreadable.problem]
    return []


def plain(text: str) -> str:
    """One way to say it, for showing: what may be left out is there, of alternatives the first."""
    parts = parse(text)
    return text if parts == (text,) else joined([*_spoken(parts, full=True)])


def literal(text: str) -> str:
    """`text` without needless spaces, written so that nothing in it stands for anything else."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def shortest(text: str) -> str:
    """As `plain`, without what may be left out."""
    parts = parse(text)
    return text if parts == (text,) else joined([*_spoken(parts, full=False)])


def texts_in(text: str) -> Iterator[str]:
    """The literal parts of all ways to say it, each once; no word is cut."""
    waiting = [parse(text)]
    while waiting:
        for part in waiting.pop():
            if isinstance(part, str):
                yield part
            else:
                waiting.extend(part.branches)


def forms(text: str) -> Iterator[str]:
    """Every way to say it, the fullest first. There may be very many: take as many as are needed."""
    return (" ".join(form.split()) for form in _forms(parse(text)))


def joined(pieces: Sequence[str]) -> str:
    """Pieces of a text of which some were left out, without the spaces that these leave behind."""
    text = ""
    for piece in pieces:
        if (not text or text[-1].isspace()) and piece:
            piece = piece.lstrip()
            if piece[:1] in {".", ",", "!", "?", ";", ":", "…"}:
                text = text.rstrip()
        text += piece
    return text.strip()


def _spoken(parts: Parts, *, full: bool) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif full or not part.optional:
            yield from _spoken(part.branches[0], full=full)


class _Reader:
    """Reads one text, left to right. Raises _Unreadable."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.groups = 0

    def read(self) -> Parts:
        wholes = self._alternatives("", 0)
        return wholes[0] if len(wholes) == 1 else (Choice(tuple(wholes), optional=False),)

    def _alternatives(self, closing: str, depth: int) -> list[Parts]:
        """Up to `closing`, or to the end of the text."""
        opened = self.at - 1
        branches: list[Parts] = []
        parts: list[str | Choice] = []
        words: list[list[str | Choice]] = [[]]
        """The word being read, as its alternatives; outside brackets only."""

        def end_word() -> None:
            parts.extend(_one_of(words))
            words[:] = [[]]

        while self.at < len(self.text):
            if run := _ORDINARY.match(self.text, self.at):
                words[-1].append(run[0])
                self.at = run.end()
                continue
            character = self.text[self.at]
            self.at += 1
            if character == closing:
                end_word()
                return [*branches, tuple(_unglued(parts, opened))]
            if character in _CLOSING:
                words[-1].append(self._group(character, depth + 1))
            elif character in _CLOSING.values():
                raise _Unreadable(self.at - 1, f"this `{character}` closes nothing")
            elif character == "/" and (closing or self._parts_wholes()):
                end_word()
                branches.append(tuple(_unglued(parts, opened)))
                parts = []
            elif character == "/" and self._parts_words():
                words.append([])
            elif character.isspace():
                end_word()
                parts.append(character)
            else:
                if character == "\\" and _SPECIAL.match(self.text, self.at):
                    character = self.text[self.at]
                    self.at += 1
                words[-1].append(character)
        if closing:
            raise _Unreadable(opened, f"this `{self.text[opened]}` is not closed by a `{closing}`")
        end_word()
        return [*branches, tuple(_unglued(parts, 0))]

    def _group(self, opening: str, depth: int) -> Choice:
        start = self.at - 1
        self.groups += 1
        if self.groups > MOST_GROUPS:
            raise _Unreadable(start, f"there are more than {MOST_GROUPS} groups")
        if depth > DEEPEST:
            raise _Unreadable(start, f"groups nest more than {DEEPEST} deep")
        branches = self._alternatives(_CLOSING[opening], depth)
        if not any(_has_word(branch) for branch in branches):
            raise _Unreadable(start, "there is no word in these brackets")
        optional = opening == "(" or len(branches) == 1 or not all(branches)
        return Choice(tuple(branch for branch in branches if branch), optional)

    def _parts_wholes(self) -> bool:
        return _WHOLE_ANSWERS.match(self.text, max(self.at - 2, 0)) is not None

    def _parts_words(self) -> bool:
        before, after = self.text[self.at - 2 : self.at - 1], self.text[self.at : self.at + 1]
        return _may_stand_beside_slash(before) and _may_stand_beside_slash(after)


def _may_stand_beside_slash(character: str) -> bool:
    return character.isalpha() or character in set("(){}[]'’¿¡") - {""}


def _has_word(parts: Parts) -> bool:
    return any(not isinstance(part, str) or any(map(str.isalnum, part)) for part in parts)


def _one_of(words: list[list[str | Choice]]) -> Iterator[str | Choice]:
    """A word or its alternatives, with the punctuation around them outside."""
    if len(words) == 1:
        yield from _merged(words[0])
        return
    branches = [tuple(_merged(word)) for word in words]
    before = after = ""
    if isinstance(branches[0][0], str) and (edges := _EDGES.match(branches[0][0])):
        before = edges[1]
        branches[0] = (branches[0][0][len(before) :], *branches[0][1:])
    if isinstance(branches[-1][-1], str) and (edges := _EDGES.match(branches[-1][-1])):
        after = edges[3]
        branches[-1] = (*branches[-1][:-1], branches[-1][-1][: len(branches[-1][-1]) - len(after)])
    yield from filter(None, (before, Choice(tuple(branches), optional=False), after))


def _merged(parts: Sequence[str | Choice]) -> Iterator[str | Choice]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        text = ""
        yield part
    if text:
        yield text


def _unglued(parts: Sequence[str | Choice], position: int) -> Iterator[str | Choice]:
    """Groups that are part of a word become alternatives of whole words."""
    word: list[str | Choice] = []
    for part in _merged(parts):
        if word and not _glued(word[-1], part):
            yield from _whole_words(word, position)
            word = []
        word.append(part)
    if word:
        yield from _whole_words(word, position)


def _glued(before: str | Choice, after: str | Choice) -> bool:
    return any(joins(one, other) for one in _sides(before) for other in _sides(after))


def _sides(part: str | Choice) -> list[str]:
    """What may stand at the edges of `part`; enough to see whether it makes one word with its neighbour."""
    if isinstance(part, str):
        return [part]
    return [text for branch in part.branches for inner in branch for text in _sides(inner)]


def _whole_words(word: list[str | Choice], position: int) -> Iterator[str | Choice]:
    if len(word) == 1:
        yield word[0]
        return
    # Only the letters that touch a group belong to the word.
    first, last = word[0], word[-1]
    before = after = ""
    if isinstance(first, str):
        cut = max(map(first.rfind, " \t\n\u3000")) + 1
        before, first = first[:cut], first[cut:]
    if isinstance(last, str):
        cut = min((place for place in map(last.find, " \t\n\u3000") if place >= 0), default=len(last))
        after, last = last[cut:], last[:cut]
    forms = list(itertools.islice(_forms((first, *word[1:-1], last)), MOST_FORMS_OF_A_WORD + 1))
    if len(forms) > MOST_FORMS_OF_A_WORD:
        raise _Unreadable(max(position, 0), f"a word has more than {MOST_FORMS_OF_A_WORD} forms")
    whole = Choice(tuple((form,) for form in dict.fromkeys(forms)), optional=False)
    yield from filter(None, (before, whole, after))


def _forms(parts: Parts) -> Iterator[str]:
    """Every text that `parts` stand for, the fullest first."""
    if not parts:
        yield ""
        return
    first, rest = parts[0], parts[1:]
    for begun in [first] if isinstance(first, str) else _forms_of_choice(first):
        for ended in _forms(rest):
            yield begun + ended


def _forms_of_choice(choice: Choice) -> Iterator[str]:
    for branch in choice.branches:
        yield from _forms(branch)
    if choice.optional:
        yield ""
