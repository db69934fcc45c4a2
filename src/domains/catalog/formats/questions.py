"""Questions as GIFT and Moodle think of them: answers with shares of the score and feedback. What they say and what
our kinds say is translated here both ways, so that the two formats do it alike.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Struct

from domains.catalog.formats.report import Severity
from domains.catalog.kinds import KINDS, Content, MultipleChoice, MultipleResponse, Numeric, ShortAnswer
from domains.catalog.policy import groups
from domains.catalog.policy.patterns import is_pattern, without_stars

Say = Callable[[Severity, str], None]
"""Puts a remark on the line of the question."""

ALL = Decimal(1)
LARGEST_EXPONENT = 24
MOST_FORMS = 50
"""Of an accepted text with brackets and slashes, which other formats do not know."""
_CLOSE = Decimal("0.005")


class Answer(Struct, frozen=True):
    text: str
    share: Decimal = Decimal(0)
    """Of the score: 1 is right, below 0 takes away."""
    feedback: str = ""


class Number(Struct, frozen=True):
    value: Decimal
    tolerance: Decimal
    share: Decimal = ALL
    feedback: str = ""


class Maker:
    """Makes content of a course in these languages; what cannot be made is reported and left out."""

    def __init__(self, target: str, source: str) -> None:
        self.target = target
        self.source = source

    def content(self, kind: str, say: Say, **fields: Any) -> Content | None:
        plain = {"kind": kind, **KINDS[kind].languages(self.target, self.source), **fields}
        try:
            content: Content = msgspec.convert(plain, type=Content)
        except msgspec.ValidationError as error:
            what = str(error).replace(" - at `$.", " (`").replace(" - at `$`", "")
            say("warning", f"the question was left out: {what[:1].lower()}{what[1:]}{')' if ' (`' in what else ''}")
            return None
        return content

    def choice(self, text: str, answers: Sequence[Answer], say: Say, *, single: bool) -> Content | None:
        """Of options with shares. Several that are wholly right cannot be one choice."""
        right = [answer for answer in answers if answer.share >= ALL]
        if single and len(right) > 1:
            say("warning", f"{len(right)} options are wholly right: learners are asked for all of them")
            answers = [msgspec.structs.replace(one, share=ALL / len(right)) if one in right else one for one in answers]
            single = False
        common: dict[str, Any] = {"text": text, "options": [answer.text for answer in answers]}
        common["feedback"] = {answer.text: answer.feedback for answer in answers if answer.feedback}
        if not single:
            return self._response(common, answers, say)
        best = max(answers, key=lambda answer: answer.share, default=None)
        if best is None or best.share <= 0:
            say("warning", "the question was left out: no option is right")
            return None
        if best.share < ALL:
            say("warning", f"no option is wholly right: `{best.text[:40]}` is taken for the right one")
        shares = {one.text: float(one.share) for one in answers if one is not best and 0 < one.share < 1}
        if any(answer.share < 0 for answer in answers):
            say("note", "of a choice nothing is taken away: shares below 0 were left out")
        return self.content("multiple_choice", say, **common, answer=best.text, shares=shares)

    def _response(self, common: dict[str, Any], answers: Sequence[Answer], say: Say) -> Content | None:
        right = [answer for answer in answers if answer.share > 0]
        if not right:
            say("warning", "the question was left out: no option is right")
            return None
        weights = {answer.text: float(answer.share) for answer in answers if answer.share}
        each = ALL / len(right)
        is_even = all(
            abs(answer.share - (each if answer.share > 0 else -min(each, ALL))) <= _CLOSE for answer in answers
        )
        if not is_even and abs(sum((answer.share for answer in right), Decimal(0)) - 1) > Decimal("0.001"):
            say("warning", "the shares of the right options do not make 100 %: each counts the same")
            is_even = True
        return self.content(
            "multiple_response", say, **common, answers=[one.text for one in right], weights={} if is_even else weights
        )

    def short(self, text: str, answers: Sequence[Answer], say: Say, *, case: bool = False) -> Content | None:
        """`answers` have `*` for anything, and `\\*` for a star."""
        accepted = [answer.text for answer in answers if answer.share >= ALL]
        if not accepted:
            say("warning", "the question was left out: no answer is right")
            return None
        shown = next((one for one in accepted if not is_pattern(one)), None)
        if shown is None:
            shown = " ".join(accepted[0].replace("*", " ").split())
            say("note", f"every right answer has `*`, so `{shown[:40]}` is shown as the right one")
        texts = dict.fromkeys([shown, *(one for one in accepted if one != "*")])
        return self.content(
            "short_answer",
            say,
            text=text,
            accepted=[one if is_pattern(one) else literally(one) for one in texts],
            case=case,
            shares={one.text: float(one.share) for one in answers if 0 < one.share < 1},
            feedback={one.text: one.feedback for one in answers if one.feedback},
        )

    def numeric(
        self, text: str, numbers: Sequence[Number], say: Say, units: Mapping[str, Decimal] | None = None
    ) -> Content | None:
        """The first that is wholly right is the author's own. `units` say how many of the first one each is."""
        first = next((number for number in numbers if number.share >= ALL), None)
        if first is None:
            say("warning", "the question was left out: no number is right")
            return None
        others = [
            {
                "value": str(one.value),
                "tolerance": str(one.tolerance),
                "share": None if one.share >= ALL else float(max(one.share, Decimal(0))),
                "feedback": one.feedback,
            }
            for one in numbers
            if one is not first
        ]
        unit, *more = units or {"": ALL}
        return self.content(
            "numeric",
            say,
            text=text,
            value=str(first.value),
            tolerance=str(first.tolerance),
            feedback=first.feedback,
            others=others,
            unit=unit,
            other_units={name: str((units or {})[name]) for name in more},
        )


def literally(text: str) -> str:
    """A text in which a star is `\\*` as an accepted one that means nothing but itself."""
    return groups.literal(without_stars(text)).replace("*", "\\*")


def options_of(content: MultipleChoice | MultipleResponse) -> list[Answer]:
    """Inverse of `Maker.choice`."""
    if isinstance(content, MultipleChoice):
        shares = {text: _decimal(share) for text, share in content.shares.items()} | {content.answer: ALL}
    elif content.weights:
        shares = {text: _decimal(weight) for text, weight in content.weights.items()}
    else:
        each = round(ALL / len(content.answers), 7)
        shares = {text: each if text in content.answers else -each for text in content.options}
    none = Decimal(0)
    return [Answer(text, shares.get(text, none), content.feedback.get(text, "")) for text in content.options]


def answers_of(content: ShortAnswer) -> list[Answer]:
    """Inverse of `Maker.short`, with every way to say what is accepted."""
    feedback = dict(content.feedback)
    found = [
        Answer(way, ALL, feedback.pop(way, ""))
        for text in content.accepted
        for way in ([text] if is_pattern(text) else ways([text]))
    ]
    found += [Answer(text, _decimal(share), feedback.pop(text, "")) for text, share in content.shares.items()]
    return found + [Answer(text, Decimal(0), said) for text, said in feedback.items()]


def ways(accepted: Iterable[str]) -> list[str]:
    """All that is accepted, written out: no brackets, no slashes, a star as `\\*`."""
    found: dict[str, None] = {}
    for text in accepted:
        for form in itertools.islice(groups.forms(without_stars(text)), MOST_FORMS):
            found[form.replace("*", "\\*")] = None
    return list(found)


def numbers_of(content: Numeric) -> list[Number]:
    """Inverse of `Maker.numeric`."""
    return [
        Number(content.value, content.tolerance, ALL, content.feedback),
        *(
            Number(one.value, one.tolerance, ALL if one.share is None else _decimal(one.share), one.feedback)
            for one in content.others
        ),
    ]


def decimal_of(said: str) -> Decimal | None:
    """A number of ordinary size; None for anything else."""
    try:
        number = Decimal(said.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= LARGEST_EXPONENT else None


def percent(share: Decimal) -> str:
    """`50`, `33.33333`, `-12.5`."""
    return f"{(share * 100).quantize(Decimal('0.00001')).normalize():f}"


def _decimal(share: float) -> Decimal:
    return Decimal(str(share))
