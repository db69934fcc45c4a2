"""What every kind of exercise is: what it asks, how an answer looks, and what is right.

A prompt never tells the solution, neither in its fields nor in their order. Checking is pure and total.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Self, TypeVar

import msgspec
from msgspec import Struct

from domains.catalog.errors import AnswerShape
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.lexicon import Lexicon

LONGEST_TEXT = 1_000
LONGEST_LIST = 200

A = TypeVar("A")
T = TypeVar("T")


class Prompt(Struct, frozen=True, tag_field="kind"):
    """What a learner's client is shown; tagged like the kind that it belongs to."""


class Kind(Struct, Generic[A], frozen=True, forbid_unknown_fields=True, tag_field="kind", omit_defaults=True):
    """Base of the kinds; `A` is the answer's type, as JSON decodes it.

    A kind is a subclass with a tag. Its fields are the published content; `__post_init__` refuses impossible content
    with a ValueError, which reaches an author as a line of the import report."""

    @classmethod
    def kind(cls) -> str:
        return str(cls.__struct_config__.tag)

    def subject(self) -> str:
        """What the exercise is about: two exercises of a lesson with the same kind and subject are the same one."""
        raise NotImplementedError

    def texts(self) -> Iterator[tuple[str, str]]:
        """All (language, text) that it teaches, for the lexicon."""
        raise NotImplementedError

    def accepted_texts(self) -> Iterator[str]:
        """Texts in which brackets and slashes have a meaning (`policy.groups`), for whoever checks them."""
        return iter(())

    def prompt(self, seed: str) -> Prompt:
        """The view without the solution; the same seed gives the same order."""
        raise NotImplementedError

    def decode_answer(self, raw: bytes | msgspec.Raw) -> A:
        """Raises AnswerShape saying what is expected."""
        raise NotImplementedError

    def check(self, answer: A, lexicon: Lexicon) -> Grade:
        raise NotImplementedError

    def said(self, answer: A) -> str:
        """What was answered in its normal form: answers that say the same are counted together under it."""
        return msgspec.json.encode(answer).decode()

    def accepting(self, answer: A, text: str | None) -> Self | None:
        """The same exercise with one more right answer, in the words of `text` where they are given; None where only
        the author's own can be right. Raises ValueError where that would be no exercise."""
        return None

    def grade(self, raw: bytes | msgspec.Raw, lexicon: Lexicon) -> Grade:
        """Grades an answer as it came over the wire. Raises AnswerShape."""
        return self.check(self.decode_answer(raw), lexicon)


def decoded(raw: bytes | msgspec.Raw, form: type[T], expected: str) -> T:
    """`raw` as `form`; raises AnswerShape with `expected`, a sentence for the client's developer."""
    if b"\\u0000" in bytes(raw):
        # PostgreSQL stores no NUL, and no answer needs one.
        raise AnswerShape("The answer must not contain a NUL character.")
    try:
        return msgspec.json.decode(raw, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerShape(expected) from error


def shuffled(items: Sequence[T], seed: str, purpose: str) -> list[T]:
    """An order that depends on the seed alone and says nothing about the given one."""

    def rank(place: int) -> bytes:
        return hashlib.blake2b(f"{purpose}:{place}".encode(), key=seed.encode()[:64], digest_size=8).digest()

    return [items[place] for place in sorted(range(len(items)), key=rank)]


def require_texts(texts: Iterable[str], what: str) -> None:
    """Raises ValueError unless every text says something and can be stored and shown."""
    for text in texts:
        if not text.strip():
            raise ValueError(f"{what} must not be empty")
        if len(text) > LONGEST_TEXT:
            raise ValueError(f"{what} must not be longer than {LONGEST_TEXT} characters")
        if "\x00" in text:
            raise ValueError(f"{what} must not contain a NUL character")


def require_distinct(texts: Sequence[str], what: str) -> None:
    if len(set(texts)) != len(texts):
        raise ValueError(f"{what} must be distinct")
