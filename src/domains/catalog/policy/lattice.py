"""An accepted answer as a small graph whose paths are all the ways to say it; none of them is written out.

Every path from node 0 to the last node is one way. Arcs without a word carry punctuation, or leave a group out.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from domains.catalog.policy.groups import Choice, Parts, parse
from domains.catalog.policy.languages import variants_in
from domains.catalog.policy.text import Word, spelled, without_spaces


class Arc(NamedTuple):
    to: int
    word: Word | None
    shown: str
    """What the author wrote from the word before to the end of this one."""
    shape: str
    """Punctuation before the word, and the word's place; as `text.shape` says it."""
    is_variant: bool = False
    """Whether the language says it so, and not the author."""


class Lattice(Struct, frozen=True):
    arcs: tuple[tuple[Arc, ...], ...]
    """By the node that they leave."""
    words: frozenset[str]
    """As norms, those of all paths."""
    is_plain: bool
    """Whether there is one path only, which is the text itself."""

    @property
    def end(self) -> int:
        return len(self.arcs) - 1

    def words_from(self, node: int) -> list[Arc]:
        """Arcs with the words that may come next."""
        found: list[Arc] = []
        seen = {node}
        waiting = [node]
        while waiting:
            for arc in self.arcs[waiting.pop()]:
                if arc.word is not None:
                    found.append(arc)
                elif arc.to not in seen:
                    seen.add(arc.to)
                    waiting.append(arc.to)
        return found


@lru_cache(maxsize=16384)
def lattice(text: str, language: str) -> Lattice:
    return _Builder(language).build(parse(text))


class _Builder:
    def __init__(self, language: str) -> None:
        self.language = language
        self.arcs: list[list[Arc]] = [[]]
        self.is_plain = True

    def build(self, parts: Parts) -> Lattice:
        last = self._parts(0, parts)
        # The last node has the last number, whatever was numbered on the way.
        end = self._node()
        self.arcs[last].append(Arc(end, None, "", ""))
        words = frozenset(arc.word.norm for arcs in self.arcs for arc in arcs if arc.word is not None)
        return Lattice(tuple(map(tuple, self.arcs)), words, self.is_plain)

    def _node(self) -> int:
        self.arcs.append([])
        return len(self.arcs) - 1

    def _step(self, node: int, word: Word | None, shown: str, shape: str, *, is_variant: bool = False) -> int:
        to = self._node()
        self.arcs[node].append(Arc(to, word, shown, shape, is_variant))
        return to

    def _parts(self, node: int, parts: Parts) -> int:
        for part in parts:
            node = self._text(node, part) if isinstance(part, str) else self._choice(node, part)
        return node

    def _choice(self, node: int, choice: Choice) -> int:
        self.is_plain = False
        ends = [self._parts(node, branch) for branch in choice.branches]
        end = self._node()
        for last in [*ends, node] if choice.optional else ends:
            self.arcs[last].append(Arc(end, None, "", ""))
        return end

    def _text(self, node: int, text: str) -> int:
        words, rest = spelled(text, self.language)
        nodes = [node]
        for before, word in words:
            nodes.append(self._step(nodes[-1], word, before + word.text, without_spaces(before) + "w"))
        for run, other in variants_in([word.norm for _, word in words], self.language):
            self._variant(nodes[run.start], nodes[run.stop], words[run], other)
        return self._step(nodes[-1], None, rest, without_spaces(rest)) if rest else nodes[-1]

    def _variant(self, start: int, end: int, run: Sequence[tuple[str, Word]], other: tuple[str, ...]) -> None:
        """Other words for the same, a contraction for example; shown is what the author wrote."""
        self.is_plain = False
        shown = "".join(before + word.text for before, word in run)
        shape = without_spaces(run[0][0]) + "w"
        for norm in other[:-1]:
            start = self._step(start, spelled(norm, self.language)[0][0][1], shown, shape, is_variant=True)
            shown, shape = "", "w"
        self.arcs[start].append(Arc(end, spelled(other[-1], self.language)[0][0][1], shown, shape, is_variant=True))
