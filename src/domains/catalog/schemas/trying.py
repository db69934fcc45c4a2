"""What an editor of exercises is made from, and what it hears of one that is being written."""

import re
from typing import Any, Literal

import msgspec

from domains.catalog.kinds import AnyPrompt
from domains.catalog.policy.grade import Token, Verdict
from domains.kernel.wire import In, Out

_NAMED = re.compile(r"(?:Object missing required field )?`([^`]+)`")


class KindOut(Out, frozen=True):
    """`languages` names the fields for languages, and which of the course's they are where an author says nothing.
    `example` is content as it is sent, without `kind` and these fields."""

    kind: str
    definition: str
    """Of its content, in `definitions`."""
    languages: dict[str, Literal["target", "source"]]
    example: dict[str, Any]
    answer_form: str


class KindsOut(Out, frozen=True):
    """`definitions` are JSON Schemas that refer to each other as `#/$defs/NAME`."""

    items: list[KindOut]
    definitions: dict[str, Any]


class TryIn(In, frozen=True):
    """`content` need not be finished. With an `answer`, it is graded as if a learner had given it."""

    content: dict[str, Any]
    answer: Any = None


class TriedGradeOut(Out, frozen=True):
    """As a learner would be told."""

    verdict: Verdict
    correct: bool
    expected: str | list[str | list[str]]
    tokens: tuple[Token, ...]
    score: float
    feedback: str


class TriedOut(Out, frozen=True):
    """Either `prompt`, or `message`: why this is no exercise yet, and `field` of the content that it is about, as
    `options[1]`, where it is about one."""

    prompt: AnyPrompt | None = None
    message: str = ""
    field: str = ""
    grade: TriedGradeOut | None = None
    answer_message: str = ""
    """Why the answer has not the form that this kind needs."""


def named_field(error: msgspec.ValidationError) -> tuple[str, str]:
    """Message and field: of a path such as `$.turns[2].text`, or the one that a kind names in backticks."""
    message, _, path = str(error).partition(" - at `$")
    said = _NAMED.match(message)
    parts = (path.rstrip("`").lstrip("."), said[1] if said else "")
    return message, ".".join(part for part in parts if part)
