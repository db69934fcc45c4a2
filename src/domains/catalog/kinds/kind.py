"""What every kind of exercise is: what it asks, how an answer looks, and what is right.

A prompt never tells the solution, neither in its fields nor in their order. Checking is pure and total.
All that depends on the kind is said here and in the kind's file: nothing else has to know which kinds there are.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, Self, TypeVar

import msgspec
from msgspec import Struct

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.assets import Audio, Image, MediaRef
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.lexicon import Lexicon

LONGEST_TEXT = 1_000
LONGEST_LIST = 200

A = TypeVar("A")
T = TypeVar("T")

Feedback = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
"""What is said to whoever gives a certain answer, beside how it was graded."""
Share = Annotated[float, msgspec.Meta(ge=0, lt=1)]
"""Of the score, for an answer that is partly right."""
Button = Literal["again", "hard", "good", "easy"]
"""How well learners say that they knew something."""


class Demand(StrEnum):
    """What an answer asks of the learner: to choose what is right, to build it out of what is given, to write it."""

    CHOOSE = "choose"
    BUILD = "build"
    WRITE = "write"


class Effort(NamedTuple):
    """How much there is to do in an answer: for whoever asks whether somebody can have given it so fast."""

    read: int
    """Letters of the question. Options are not counted: who knows what to look for need not read them all."""
    given: int
    """Letters that were typed, or put together out of words; 0 where something was chosen."""
    place: int | None = None
    """Of the chosen option as it was shown, from 0, where one was to be chosen."""


class Sides(NamedTuple):
    """Of a card. `front` is in the language that is learned, if there is one; the first of `back` is the author's."""

    front: str
    front_language: str
    back: tuple[str, ...]
    back_language: str
    as_asked: bool = False
    """The front is what the exercise asks, so that its picture and sound belong to it."""
    note: str = ""
    """Shown with the back."""
    back_image: Image | None = None
    back_audio: Audio | None = None


class Prompt(Struct, frozen=True, tag_field="kind"):
    """What a learner's client is shown; tagged like the kind that it belongs to."""


class Kind(Struct, Generic[A], frozen=True, forbid_unknown_fields=True, tag_field="kind", omit_defaults=True):
    """Base of the kinds; `A` is the answer's type, as JSON decodes it.

    A kind is a subclass with a tag. Its fields are the published content; `__post_init__` refuses impossible content
    with a ValueError that names the field, which reaches an author as a line of a report."""

    demand: ClassVar[Demand] = Demand.WRITE
    asks_in_target: ClassVar[bool] = False
    """Whether `language` is the one that is learned where its author does not say."""
    graded: ClassVar[bool] = True
    """False where nobody is told wrong: learners judge themselves, or a person will. It costs no heart."""
    tested: ClassVar[bool] = True
    """Whether a right answer shows that something is known, so that a test may ask it."""
    answer_form: ClassVar[str]
    """How an answer looks, for a client's developer."""
    example: ClassVar[Mapping[str, Any]]
    """Content as an author of a course of Spanish for speakers of English writes it, without `kind` and languages."""
    example_answer: ClassVar[Any]
    """A right answer to it."""

    @classmethod
    def kind(cls) -> str:
        return str(cls.__struct_config__.tag)

    @classmethod
    def languages(cls, target: str, source: str) -> dict[str, str]:
        """What its fields for languages are where an author leaves them out: what is learned and what is spoken."""
        first, second = (target, source) if cls.asks_in_target else (source, target)
        names = [field.encode_name for field in msgspec.structs.fields(cls)]
        return {
            name: first if name == "language" else second
            for name in names
            if name == "language" or name.endswith("_language")
        }

    # ---- what it asks

    def subject(self) -> str:
        """What the exercise is about: two exercises of a lesson with the same kind and subject are the same one."""
        raise NotImplementedError

    def asked(self) -> str:
        """The question, for a person to read."""
        return str(getattr(self, "text", self.subject()))

    def texts(self) -> Iterator[tuple[str, str]]:
        """All (language, text) that it teaches, for the lexicon."""
        raise NotImplementedError

    def accepted_texts(self) -> Iterator[str]:
        """Texts in which brackets and slashes have a meaning (`policy.groups`), for whoever checks them."""
        return iter(())

    def media(self) -> Iterator[MediaRef]:
        """The files that it shows and plays."""
        return iter(())

    def answered_in(self) -> str | None:
        """The language in which the answer is written or spoken, where it is in one."""
        return getattr(self, "answer_language", None)

    def item_texts(self, target: str) -> tuple[str, ...]:
        """What it exercises: texts in the language that is learned. Where it has none it is an item by itself. Ids of
        learners' records are made of these: for the same content they never change."""
        return (f"{self.kind()}:{self.subject()}",)

    def sides(self, target: str) -> tuple[Sides, ...]:
        """As a card for each of its items; none where it has no two sides."""
        return ()

    def prompt(self, seed: str) -> Prompt:
        """The view without the solution; the same seed gives the same order."""
        raise NotImplementedError

    # ---- what is answered

    def decode_answer(self, raw: bytes | msgspec.Raw) -> A:
        """Raises AnswerShape saying what is expected."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Does what the first check would have to do and later ones need not: for texts with many accepted answers,
        where it takes long enough to be done in a thread."""

    @property
    def takes_long(self) -> bool:
        """Whether `prepare` does."""
        return False

    def check(self, answer: A, lexicon: Lexicon) -> Grade:
        raise NotImplementedError

    def grade(self, raw: bytes | msgspec.Raw, lexicon: Lexicon) -> Grade:
        """Grades an answer as it came over the wire. Raises AnswerShape."""
        return self.check(self.decode_answer(raw), lexicon)

    def said(self, answer: A) -> str:
        """What was answered in its normal form: answers that say the same are counted together under it."""
        return msgspec.json.encode(answer).decode()

    def in_words(self, answer: A) -> str:
        """What was answered, for a person to read."""
        if isinstance(answer, str):
            return answer
        parts = [part for part in answer if isinstance(part, str)] if isinstance(answer, list) else []
        return " ".join(parts) or msgspec.json.encode(answer).decode()

    def missed_texts(self, answer: A, target: str) -> tuple[str, ...]:
        """Which of its items a wrong answer got wrong: all, unless it asks for several."""
        return self.item_texts(target)

    def effort(self, answer: A, seed: str) -> Effort:
        """Of an answer that was graded; `seed` is that of its prompt."""
        return Effort(len(self.asked()), 0 if self.demand is Demand.CHOOSE else letters(answer))

    def button(self, answer: A) -> Button | None:
        """Where learners judge themselves: how well they knew it."""
        return None

    def accepting(self, answer: A, text: str | None) -> Self | None:
        """The same exercise with one more right answer, in the words of `text` where they are given; None where only
        the author's own can be right. Raises ValueError where that would be no exercise."""
        return None


def letters(answer: Any) -> int:
    if isinstance(answer, list):
        return sum(map(letters, answer))
    return len(answer) if isinstance(answer, str) else 0


def decoded(raw: bytes | msgspec.Raw, form: type[T], expected: str) -> T:
    """`raw` as `form`; raises AnswerShape with `expected`, a sentence for the client's developer."""
    if b"\\u0000" in bytes(raw):
        # PostgreSQL stores no NUL, and no answer needs one.
        raise AnswerShape("The answer must not contain a NUL character.")
    try:
        return msgspec.json.decode(raw, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerShape(expected) from error


def decoded_text(raw: bytes | msgspec.Raw, what: str, longest: int = LONGEST_TEXT) -> str:
    expected = f"The answer must be {what} as a string of at most {longest} characters."
    answer = decoded(raw, str, expected)
    if len(answer) > longest:
        raise AnswerShape(expected)
    return answer


def decoded_words(raw: bytes | msgspec.Raw) -> list[str]:
    expected = f"The answer must be the chosen words in order, as a list of at most {LONGEST_LIST} strings."
    answer = decoded(raw, list[str], expected)
    if len(answer) > LONGEST_LIST or sum(map(len, answer)) > LONGEST_TEXT:
        raise AnswerShape(expected)
    return answer


def decoded_choice(raw: bytes | msgspec.Raw, ids: Sequence[str]) -> str:
    expected = "The answer must be the id of one of the options, as a string."
    answer = decoded(raw, str, expected)
    if answer not in ids:
        raise AnswerShape(expected)
    return answer


@lru_cache(maxsize=16384)
def option_id(text: str) -> str:
    """Says nothing about which option is right, and survives reordering and rewording of the others."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def shuffled(items: Sequence[T], seed: str, purpose: str) -> list[T]:
    """An order that depends on the seed and on what is shown alone: whoever knows both and how it is made, as clients
    do, learns nothing about the given one."""

    key = hashlib.blake2b(f"{purpose}:{seed}".encode(), digest_size=16).digest()

    def rank(item: T) -> bytes:
        return hashlib.blake2b(msgspec.json.encode(item), key=key, digest_size=8).digest()

    return sorted(items, key=rank)


def two_sides(text: str, language: str, other: tuple[str, ...], other_language: str, target: str) -> tuple[Sides]:
    """The card of something in two languages."""
    if other_language == target and language != target:
        return (Sides(other[0], other_language, (text,), language),)
    return (Sides(text, language, other, other_language, as_asked=True),)


# ---- what content may be: each raises ValueError with the name of the field


def require_texts(**fields: str | Iterable[str]) -> None:
    """Every text says something and can be stored and shown."""
    for name, given in fields.items():
        for where, text in [(name, given)] if isinstance(given, str) else _numbered(name, given):
            if not text.strip():
                raise ValueError(f"`{where}` must not be empty")
            require_short(**{where: text})


def require_short(**fields: str) -> None:
    """As `require_texts`, of texts that may be empty."""
    for name, text in fields.items():
        if len(text) > LONGEST_TEXT:
            raise ValueError(f"`{name}` must not be longer than {LONGEST_TEXT} characters")
        if "\x00" in text:
            raise ValueError(f"`{name}` must not contain a NUL character")


def require_distinct(**fields: Sequence[str]) -> None:
    for name, texts in fields.items():
        seen: dict[str, int] = {}
        for place, text in enumerate(texts):
            if seen.setdefault(text, place) != place:
                raise ValueError(f"`{name}[{place}]` must not say the same as `{name}[{seen[text]}]`")


def require_known(known: Iterable[str], what: str, **fields: Iterable[str]) -> None:
    """Keys are word for word what they are about."""
    for name, keys in fields.items():
        for key in set(keys).difference(known):
            raise ValueError(f"`{name}` is about `{key[:60]}`, which is none of the {what}")


def _numbered(name: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((f"{name}[{place}]", text) for place, text in enumerate(texts))
