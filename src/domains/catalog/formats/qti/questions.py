"""Exercises as interactions of QTI 3.0: what is asked, what is right and how it scores, for each kind that it knows."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct

from domains.catalog.formats.qti.markup import element, lines, paragraphs, text
from domains.catalog.kinds import (
    Cloze,
    Content,
    Date,
    Essay,
    ListenTap,
    ListenType,
    MatchPairs,
    MultipleChoice,
    MultipleResponse,
    Numeric,
    Order,
    PickPicture,
    ShortAnswer,
    Translate,
    TrueFalse,
    WordBank,
)
from domains.catalog.kinds.assets import Audio, Image
from domains.catalog.kinds.cloze import GAP
from domains.catalog.policy.groups import forms

RESPONSE = "RESPONSE"
MOST_FORMS = 200

ImageMarkup = Callable[[Image], str]
Say = Callable[[str], None]


class Question(Struct, frozen=True):
    """Markup of a response's declaration, of the body and of the processing; empty where nothing is processed."""

    declarations: str
    body: str
    processing: str
    language: str
    has_feedback: bool = False
    is_multiple: bool = False
    audio: Audio | None = None
    """Played with the question."""


def question(content: Content, say: Say, image: ImageMarkup) -> Question | None:
    """None where QTI has no such question. `say` is told what of it QTI cannot say."""
    match content:
        case MultipleChoice() | MultipleResponse() | TrueFalse() | PickPicture():
            return _choice(content, image)
        case Cloze():
            return _cloze(content, say)
        case ShortAnswer():
            return _short_answer(content, say)
        case Numeric():
            return _numeric(content, say)
        case MatchPairs() if not content.images and not content.audio:
            return _match(content)
        case Order():
            return _order(content)
        case Essay():
            return _essay(content)
        case Translate() | WordBank():
            say("is written as a short answer")
            return _typed(content.text, content.language, content.answer_language, content.accepted, say)
        case Date():
            say("is written as a short answer")
            return _typed(content.text, content.language, content.answer_language, (content.value,), say)
        case ListenType() | ListenTap():
            say("is written as a short answer to what is heard")
            made = _typed("…", content.language, content.language, content.accepted, say)
            return Question(made.declarations, made.body, made.processing, made.language, audio=content.audio)
    return None


# ---- parts


def _declaration(
    base_type: str,
    correct: Sequence[str],
    cardinality: str = "single",
    mapping: Mapping[str, float] | None = None,
    *,
    name: str = RESPONSE,
    case: bool = False,
) -> str:
    right = element("qti-correct-response", None, *(element("qti-value", None, text(value)) for value in correct))
    entries = [
        element(
            "qti-map-entry",
            {"map-key": key, "mapped-value": f"{value:.6g}"} | ({"case-sensitive": "true"} if case else {}),
        )
        for key, value in (mapping or {}).items()
    ]
    bounds = {"default-value": "0", "lower-bound": "0"}
    mapped = element("qti-mapping", bounds, *entries) if entries else ""
    return element(
        "qti-response-declaration",
        {"identifier": name, "cardinality": cardinality, "base-type": base_type},
        right if correct else "",
        mapped,
    )


def _score(value: str) -> str:
    return element("qti-set-outcome-value", {"identifier": "SCORE"}, value)


def _base(kind: str, value: str) -> str:
    return element("qti-base-value", {"base-type": kind}, value)


def _variable(name: str = RESPONSE) -> str:
    return element("qti-variable", {"identifier": name})


def _mapped(name: str = RESPONSE) -> str:
    return element("qti-map-response", {"identifier": name})


def _if_right(condition: str) -> str:
    right = element("qti-response-if", None, condition, _score(_base("float", "1")))
    return element(
        "qti-response-condition", None, right, element("qti-response-else", None, _score(_base("float", "0")))
    )


_MATCHED = _if_right(
    element("qti-match", None, _variable(), element("qti-correct", {"identifier": RESPONSE}))
)  # fmt: skip


# ---- choices


def _choice(content: MultipleChoice | MultipleResponse | TrueFalse | PickPicture, image: ImageMarkup) -> Question:
    options: list[tuple[str, str, str]]  # identifier, markup, what is said
    right: list[str]
    scores: dict[str, float] = {}
    answer_language = content.language
    match content:
        case TrueFalse():
            options = [("true", "True", content.if_true), ("false", "False", content.if_false)]
            right = ["true" if content.answer else "false"]
        case PickPicture():
            pictures = (content.picture, *content.others)
            options = [(f"C{place}", image(each), "") for place, each in enumerate(pictures)]
            right = ["C0"]
        case MultipleChoice():
            answer_language = content.option_language
            options = _options(content.options, content.feedback)
            right = [f"C{content.options.index(content.answer)}"]
            if content.shares:
                scores = {right[0]: 1.0} | {f"C{content.options.index(t)}": s for t, s in content.shares.items()}
        case MultipleResponse():
            answer_language = content.option_language
            options = _options(content.options, content.feedback)
            right = [f"C{content.options.index(text)}" for text in content.answers]
            even = 1 / len(right)
            weights = content.weights or {t: even if t in content.answers else -even for t in content.options}
            scores = {f"C{place}": weights[t] for place, t in enumerate(content.options) if t in weights}
    multiple = isinstance(content, MultipleResponse)
    choices = [
        element("qti-simple-choice", {"identifier": name}, shown, _inline_feedback(name, said))
        for name, shown, said in options
    ]
    interaction = element(
        "qti-choice-interaction",
        {
            "response-identifier": RESPONSE,
            "max-choices": 0 if multiple else 1,
            "shuffle": "false" if isinstance(content, TrueFalse) else "true",
            "xml:lang": answer_language,
        },
        *choices,
    )
    return Question(
        _declaration("identifier", right, "multiple" if multiple else "single", scores),
        paragraphs(content.text) + interaction,
        _score(_mapped()) if scores else _MATCHED,
        content.language,
        has_feedback=any(said for _, _, said in options),
        is_multiple=multiple,
    )


def _options(texts: Sequence[str], said: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(f"C{place}", text(each), said.get(each, "")) for place, each in enumerate(texts)]


def _inline_feedback(name: str, said: str) -> str:
    about = {"outcome-identifier": "FEEDBACK", "identifier": name, "show-hide": "show"}
    return element("qti-feedback-inline", about, text(said)) if said else ""


# ---- texts


def _written(accepted: Sequence[str], say: Say) -> list[str]:
    """All that accepted texts with brackets and slashes stand for."""
    found = dict.fromkeys(
        form for each in accepted for form in islice(forms(each.replace("\\*", "*")), MOST_FORMS) if form
    )
    if len(found) > MOST_FORMS:
        say(f"accepts more answers than the {MOST_FORMS} that are written")
    return list(found)[:MOST_FORMS]


def _entry(name: str = RESPONSE, language: str = "") -> str:
    about = {"response-identifier": name} | ({"xml:lang": language} if language else {})
    return element("qti-text-entry-interaction", about)


def _typed(
    asked: str,
    language: str,
    answer_language: str,
    accepted: Sequence[str],
    say: Say,
    shares: Mapping[str, float] | None = None,
    *,
    case: bool = False,
) -> Question:
    answers = _written(accepted, say)
    mapping = dict.fromkeys(answers, 1.0) | {key.replace("\\*", "*"): share for key, share in (shares or {}).items()}
    return Question(
        _declaration("string", answers[:1], mapping=mapping, case=case),
        paragraphs(asked) + element("p", None, _entry(language=answer_language)),
        _score(_mapped()),
        language,
    )


def _short_answer(content: ShortAnswer, say: Say) -> Question:
    patterns = [one for one in (*content.accepted, *content.shares) if "*" in one.replace("\\*", "")]
    if patterns:
        say(f"accepts patterns with `*`, which are left out: {', '.join(patterns)[:200]}")
    if content.feedback:
        say("has feedback to single answers, which is left out")
    accepted = [one for one in content.accepted if one not in patterns]
    shares = {one: share for one, share in content.shares.items() if one not in patterns and share}
    return _typed(content.text, content.language, content.answer_language, accepted, say, shares, case=content.case)


def _numeric(content: Numeric, say: Say) -> Question:
    if content.unit:
        say(f"asks for the unit `{content.unit}`, which is left out")
    if content.others or content.feedback:
        say("has other numbers or feedback, which are left out")
    width = f"{content.tolerance:f}"
    about = {"tolerance-mode": "absolute", "tolerance": f"{width} {width}"}
    equal = element("qti-equal", about, _variable(), element("qti-correct", {"identifier": RESPONSE}))
    return Question(
        _declaration("float", [f"{content.value:f}"]),
        paragraphs(content.text) + element("p", None, _entry()),
        _if_right(equal),
        content.language,
    )


def _cloze(content: Cloze, say: Say) -> Question:
    names = [RESPONSE if len(content.gaps) == 1 else f"{RESPONSE}{place}" for place in range(1, len(content.gaps) + 1)]
    share = 1 / len(names)
    declarations, gaps = [], []
    for place, (name, accepted) in enumerate(zip(names, content.gaps, strict=True)):
        answers = _written(accepted, say)
        if content.options:
            options = content.options[place]
            ids = {option: f"C{number}" for number, option in enumerate(options)}
            right = [ids[one] for one in dict.fromkeys((*accepted, *answers)) if one in ids]
            declarations.append(_declaration("identifier", right[:1], mapping=dict.fromkeys(right, share), name=name))
            choices = [element("qti-inline-choice", {"identifier": ids[one]}, text(one)) for one in options]
            gaps.append(element("qti-inline-choice-interaction", {"response-identifier": name}, *choices))
        else:
            mapping = dict.fromkeys(answers, share)
            declarations.append(_declaration("string", answers[:1], mapping=mapping, name=name))
            gaps.append(_entry(name))
    sums = _mapped(names[0]) if len(names) == 1 else element("qti-sum", None, *map(_mapped, names))
    return Question("".join(declarations), _gapped(content.text, gaps), _score(sums), content.language)


def _gapped(whole: str, gaps: Sequence[str]) -> str:
    waiting = iter(gaps)

    def line(plain: str) -> Iterator[str]:
        first, *rest = plain.split(GAP)
        yield text(first)
        for part in rest:
            yield next(waiting) + text(part)

    blocks = [block for block in re.split(r"\n\s*\n", whole.strip()) if block]
    return "".join(
        element("p", None, "<br/>".join("".join(line(one)) for one in block.split("\n"))) for block in blocks
    )


def _essay(content: Essay) -> Question:
    about: dict[str, Any] = {
        "response-identifier": RESPONSE,
        "data-min-words": content.least_words,
        "data-max-words": content.most_words,
        "xml:lang": content.answer_language,
    }
    model = [content.model] if content.model else []
    return Question(
        _declaration("string", model),
        paragraphs(content.text) + element("qti-extended-text-interaction", about),
        "",
        content.language,
    )


# ---- pairs and orders


def _match(content: MatchPairs) -> Question:
    def side(letter: str, texts: Sequence[str], language: str) -> str:
        choices = [
            element(
                "qti-simple-associable-choice",
                {"identifier": f"{letter}{place}", "match-max": 1, "xml:lang": language},
                text(one),
            )
            for place, one in enumerate(texts)
        ]
        return element("qti-simple-match-set", None, *choices)

    pairs = [f"A{place} B{place}" for place in range(len(content.pairs))]
    left = side("A", [pair[0] for pair in content.pairs], content.language)
    right = side("B", [*(pair[1] for pair in content.pairs), *content.decoys], content.right_language)
    about = {"response-identifier": RESPONSE, "shuffle": "true", "max-associations": len(pairs)}
    return Question(
        _declaration("directedPair", pairs, "multiple", dict.fromkeys(pairs, 1 / len(pairs))),
        paragraphs(content.text) + element("qti-match-interaction", about, left, right),
        _score(_mapped()),
        content.language,
    )


def _order(content: Order) -> Question:
    names = [f"C{place}" for place in range(len(content.items))]
    choices = [
        element("qti-simple-choice", {"identifier": name, "xml:lang": content.answer_language}, text(item))
        for name, item in zip(names, content.items, strict=True)
    ]
    return Question(
        _declaration("identifier", names, "ordered"),
        paragraphs(content.text)
        + element("qti-order-interaction", {"response-identifier": RESPONSE, "shuffle": "true"}, *choices),
        _MATCHED,
        content.language,
    )


__all__ = ["RESPONSE", "Question", "lines", "question"]
