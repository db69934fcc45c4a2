"""What each interaction of QTI asks, as content of a kind. One function for each that is understood."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from msgspec.structs import replace

from domains.catalog.content import LANGUAGE_TAG
from domains.catalog.formats.qti import dom
from domains.catalog.formats.qti.answers import Declared, Scoring
from domains.catalog.formats.xml import Element
from domains.catalog.kinds import Content
from domains.catalog.kinds.assets import Image
from domains.catalog.kinds.cloze import GAP, Cloze
from domains.catalog.kinds.essay import MOST_WORDS, Essay
from domains.catalog.kinds.match_pairs import MatchPairs
from domains.catalog.kinds.multiple_choice import MultipleChoice
from domains.catalog.kinds.multiple_response import MultipleResponse
from domains.catalog.kinds.numeric import Numeric
from domains.catalog.kinds.order import Order
from domains.catalog.kinds.pick_picture import PickPicture
from domains.catalog.kinds.short_answer import ShortAnswer
from domains.catalog.kinds.true_false import TrueFalse
from domains.catalog.policy.groups import literal


class NotSupported(Exception):
    """Says what no kind of exercise can do."""


class Languages(Struct, frozen=True):
    """`source` and `target` are the course's own, `said` is the nearest `xml:lang`."""

    source: str
    target: str
    exact: bool = False
    """Whether a tag means just what it says: others name the region of an office, and mean the course's language."""
    said: str = ""

    def of(self, element: Element) -> "Languages":
        tag = element.attributes.get("lang", "").strip()
        return replace(self, said=tag) if LANGUAGE_TAG.fullmatch(tag) else self

    def language(self, otherwise: str) -> str:
        if not self.said or self.exact:
            return self.said or otherwise
        for own in (otherwise, self.source, self.target):
            if own.partition("-")[0].lower() == self.said.partition("-")[0].lower():
                return own
        return self.said

    @property
    def asked(self) -> str:
        return self.language(self.source)

    @property
    def answered(self) -> str:
        return self.language(self.target)


class Asked(Struct, frozen=True):
    """One question: an interaction, or the gaps of one text."""

    elements: tuple[Element, ...]
    declared: Mapping[str, Declared]
    scoring: Scoring
    languages: Languages
    title: str
    """Of the item."""
    text: str
    """Of the body around it."""
    said: Mapping[str, str]
    """What is said to whoever answers so, by identifier."""
    gapped: Callable[[], str]
    resolve: Callable[[str, Element], str | None]

    @property
    def element(self) -> Element:
        return self.elements[0]

    def declaration(self, element: Element | None = None) -> Declared:
        name = (element or self.element).attributes.get("responseIdentifier", "")
        return self.declared.get(name) or Declared("", "single", ())

    def correct(self, element: Element | None = None) -> tuple[str, ...]:
        """Raises NotSupported where nothing is right."""
        found = self.declaration(element).best(self.scoring.by_mapping)
        if not found:
            raise NotSupported("the item does not say what is right")
        return found

    def question(self) -> str:
        """What stands around it and its own prompt, or else what the item is called."""
        return self.said_question() or self.title

    def said_question(self) -> str:
        prompt = self.element.first("prompt")
        own = dom.read(prompt).text if prompt else ""
        return "\n\n".join(part for part in (self.text, own) if part)

    def answer_language(self, elements: Sequence[Element]) -> str:
        own = self.languages.of(self.element)
        return (own.of(elements[0]) if elements else own).answered


def content(asked: Asked) -> Content:
    """Raises NotSupported, and ValueError where the kind does not allow what is there."""
    reader = _READERS.get(asked.element.name)
    if reader is None:
        raise NotSupported(f"`{asked.element.name}` is not supported")
    return reader(asked)


def _choice(asked: Asked) -> Content:
    choices = asked.element.all("simpleChoice")
    declared = asked.declaration()
    if declared.cardinality == "single" and (pictures := _pictures(asked, choices)):
        picture = pictures.pop(asked.correct()[0])
        return PickPicture(asked.question(), asked.languages.answered, picture, tuple(pictures.values()))
    by_id = _texts(asked, choices)
    right = [_known(by_id, one) for one in asked.correct()]
    language, answer_language = asked.languages.asked, asked.answer_language(choices)
    said = {by_id[name]: text for name, text in _said(asked, choices).items()}
    question = asked.question()
    if declared.cardinality in {"multiple", "ordered"}:
        weights = _weights(asked, declared, by_id, right)
        return MultipleResponse(
            question, language, answer_language, tuple(by_id.values()), tuple(right), weights=weights, feedback=said
        )
    if {name.lower() for name in by_id} == {"true", "false"} and len(choices) == 2:
        answer = asked.correct()[0].lower() == "true"
        notes = {name.lower(): text for name, text in _said(asked, choices).items()}
        return TrueFalse(question, language, answer, notes.get("true", ""), notes.get("false", ""))
    shares = _shares(asked, declared, by_id, right[0])
    return MultipleChoice(
        question, language, answer_language, tuple(by_id.values()), right[0], shares=shares, feedback=said
    )


def _shares(asked: Asked, declared: Declared, by_id: Mapping[str, str], right: str) -> dict[str, float]:
    if not asked.scoring.by_mapping:
        return {}
    top = max(declared.mapping.values(), default=0.0)
    return {
        by_id[name]: round(score / top, 6)
        for name, score in declared.mapping.items()
        if name in by_id and by_id[name] != right and 0 < score < top
    }


def _weights(
    asked: Asked, declared: Declared, by_id: Mapping[str, str], right: Sequence[str]
) -> dict[str, float]:  # fmt: skip
    """Empty where each right choice counts the same and each wrong one takes away as much: that is how it is anyway."""
    positive = sum(declared.mapping.get(name, 0.0) for name in by_id if by_id[name] in right)
    if not asked.scoring.by_mapping or positive <= 0:
        return {}
    scores = {by_id[name]: score / positive for name, score in declared.mapping.items() if name in by_id}
    weights = {
        text: round(score, 6) if score > 0 else max(-1.0, round(score, 6))
        for text, score in scores.items()
        if (score > 0) is (text in right) and score
    }
    even = 1 / len(right)
    usual = {text: even if text in right else -even for text in by_id.values()}
    is_usual = all(abs(weights.get(text, 0.0) - score) < 1e-4 for text, score in usual.items())
    return {} if is_usual or len([text for text in right if text in weights]) < len(right) else weights


def _said(asked: Asked, choices: Sequence[Element]) -> dict[str, str]:
    """What is said to whoever chooses an option: in the option itself, or by its identifier."""
    found = {}
    for choice in choices:
        inside = choice.first("feedbackInline")
        name = choice.attributes.get("identifier", "")
        text = dom.one_line(inside) if inside else asked.said.get(name, "")
        if text:
            found[name] = text[:1_000]
    return found


def _texts(asked: Asked, choices: Sequence[Element]) -> dict[str, str]:
    """By identifier. A picture is what it is said to show. Raises NotSupported where a choice says nothing, or two the
    same."""
    found: dict[str, str] = {}
    for choice in choices:
        reading = dom.read(choice, lambda element: "" if element.name == "feedbackInline" else None)
        text = " ".join(reading.text.split()) or " ".join(picture.alt for picture in reading.pictures).strip()
        if not text:
            raise NotSupported("a choice has no text")
        found[choice.attributes.get("identifier", "")] = text
    if len(set(found.values())) != len(choices):
        raise NotSupported("two choices are the same")
    return found


def _pictures(asked: Asked, choices: Sequence[Element]) -> dict[str, Image]:
    """Where every choice is nothing but a picture."""
    found = {}
    for choice in choices:
        reading = dom.read(choice, lambda element: "" if element.name == "feedbackInline" else None)
        if reading.text or len(reading.pictures) != 1:
            return {}
        ref = asked.resolve(reading.pictures[0].source, choice)
        if ref is None:
            return {}
        found[choice.attributes.get("identifier", "")] = Image(ref, reading.pictures[0].alt[:500])
    return found if asked.correct()[0] in found else {}


def _known(by_id: Mapping[str, str], name: str) -> str:
    if name not in by_id:
        raise NotSupported(f"the right answer `{name}` is none of the choices")
    return by_id[name]


def _text_entry(asked: Asked) -> Content:
    text = asked.gapped()
    declared = asked.declaration()
    if len(asked.elements) == 1 and declared.base_type in {"float", "integer"}:
        return _numeric(asked, _unended(text) or asked.title, asked.correct()[0])
    if len(asked.elements) == 1 and text.endswith(f"\n{GAP}"):
        return _short_answer(asked, _unended(text))
    if len(asked.elements) == 1 and text == GAP:
        return _short_answer(asked, asked.title)
    gaps = tuple(tuple(map(literal, asked.correct(element))) for element in asked.elements)
    for element in asked.elements:
        _say_partial(asked, element)
    return Cloze(text, asked.languages.answered, gaps)


def _short_answer(asked: Asked, text: str) -> ShortAnswer:
    declared = asked.declaration()
    accepted = asked.correct()
    top = max(declared.mapping.values(), default=0.0)
    shares = {}
    if asked.scoring.by_mapping:
        shares = {
            _unstarred(answer): round(score / top, 6)
            for answer, score in declared.mapping.items()
            if 0 < score < top and answer not in accepted
        }
    case = bool(accepted) and all(answer in declared.by_letter for answer in accepted)
    return ShortAnswer(
        text,
        asked.languages.asked,
        asked.answer_language(asked.elements),
        tuple(_unstarred(literal(answer)) for answer in accepted),
        case=case,
        shares=shares,
    )


def _unstarred(text: str) -> str:
    return text.replace("*", "\\*")


def _numeric(asked: Asked, text: str, value: str) -> Content:
    mode, numbers = asked.scoring.tolerances.get(asked.element.attributes.get("responseIdentifier", ""), ("exact", "0"))
    try:
        number = Decimal(value)
        width = max((abs(Decimal(one)) for one in numbers.split()), default=Decimal(0))
    except InvalidOperation:
        raise NotSupported("a number is no number") from None
    if mode == "relative":
        width = abs(number) * width / 100
    return Numeric(text, asked.languages.asked, number, width if mode in {"absolute", "relative"} else Decimal(0))


def _say_partial(asked: Asked, element: Element) -> None:
    declared = asked.declaration(element)
    best = set(asked.correct(element))
    partly = [answer for answer, score in declared.mapping.items() if score > 0 and answer not in best]
    if partly and asked.scoring.by_mapping:
        element.say("warning", f"answers that are partly right are wrong here: {', '.join(partly[:5])}")


def _unended(text: str) -> str:
    """A gap where the answer is to be written says nothing."""
    return text.removesuffix(GAP).rstrip()


def _inline_choice(asked: Asked) -> Content:
    gaps, options = [], []
    for element in asked.elements:
        by_id = _texts(asked, element.all("inlineChoice"))
        gaps.append(tuple(_known(by_id, one) for one in asked.correct(element)))
        options.append(tuple(by_id.values()))
    return Cloze(asked.gapped(), asked.languages.answered, tuple(gaps), tuple(options))


def _extended_text(asked: Asked) -> Content:
    declared = asked.declaration()
    expected = asked.element.attributes.get("expectedLength", "")
    if asked.element.attributes.get("minStrings", "0") not in {"", "0", "1"}:
        asked.element.say("warning", "several texts are asked for; one is written")
    least, most = _bounds(asked.element)
    if expected:
        asked.element.say("note", "the expected length in characters was left out")
    model = " ".join(declared.correct)
    question = asked.question()
    return Essay(question, asked.languages.asked, asked.answer_language(()), least, most, model)


def _bounds(element: Element) -> tuple[int, int]:
    """Words that our own writer says it wants; other packages say them in their text."""
    found = [1, MOST_WORDS]
    for place, name in enumerate(("dataMinWords", "dataMaxWords")):
        value = element.attributes.get(name, "")
        if value.isdecimal() and 1 <= int(value) <= MOST_WORDS:
            found[place] = int(value)
    return found[0], found[1]


def _match(asked: Asked) -> Content:
    sets = asked.element.all("simpleMatchSet")
    if len(sets) != 2:
        raise NotSupported("a match without two sets of choices is not supported")
    first, second = (one.all("simpleAssociableChoice") for one in sets)
    left, right = _texts(asked, first), _texts(asked, second)
    pairs = [(_known(left, a), _known(right, b)) for a, b in map(_pair, asked.correct())]
    language, right_language = (asked.answer_language(side) for side in (first, second))
    if len(dict(pairs)) != len(pairs) or len(pairs) != len(left):
        raise NotSupported("a match in which a choice has no partner or several is not supported")
    partners = {partner for _, partner in pairs}
    if len(partners) == len(pairs):
        decoys = tuple(text for text in right.values() if text not in partners)
        return MatchPairs(language, right_language, tuple(pairs), decoys=decoys, text=asked.said_question())
    text = "\n".join([asked.said_question(), *(f"{one} = {GAP}" for one, _ in pairs)]).strip()
    asked.element.say("note", "a match in which choices belong to several became a text with gaps to choose for")
    return Cloze(text, right_language, tuple((partner,) for _, partner in pairs), (tuple(right.values()),) * len(pairs))


def _associate(asked: Asked) -> Content:
    choices = asked.element.all("simpleAssociableChoice")
    by_id = _texts(asked, choices)
    pairs = [(_known(by_id, a), _known(by_id, b)) for a, b in map(_pair, asked.correct())]
    if len({text for pair in pairs for text in pair}) != 2 * len(pairs) or 2 * len(pairs) != len(by_id):
        raise NotSupported("associations in which a choice has no partner or several are not supported")
    language = asked.answer_language(choices)
    return MatchPairs(language, language, tuple(pairs), text=asked.said_question())


def _pair(value: str) -> tuple[str, str]:
    first, _, second = value.partition(" ")
    return first, second.strip()


def _order(asked: Asked) -> Content:
    choices = asked.element.all("simpleChoice")
    by_id = _texts(asked, choices)
    items = tuple(_known(by_id, one) for one in asked.correct())
    if len(items) != len(by_id):
        raise NotSupported("an order in which not every choice has its place is not supported")
    return Order(asked.question(), asked.languages.asked, asked.answer_language(choices), items)


def _gap_match(asked: Asked) -> Content:
    element = asked.element
    by_id = _texts(asked, [*element.all("gapText"), *element.all("gapImg")])
    found: dict[str, list[str]] = {}
    for choice, gap in map(_pair, asked.correct()):
        found.setdefault(gap, []).append(_known(by_id, choice))
    order: list[str] = []

    def shown(one: Element) -> str | None:
        if one.name in {"gapText", "gapImg", "prompt"}:
            return ""
        if one.name == "gap":
            order.append(one.attributes.get("identifier", ""))
            return "\u0002"
        return None

    text = dom.read(element, shown).text.replace(GAP, "…").replace("\u0002", GAP)
    if any(name not in found for name in order):
        raise NotSupported("a gap that stays empty is not supported")
    whole = "\n\n".join(part for part in (asked.said_question(), text) if part)
    gaps = tuple(tuple(found[name]) for name in order)
    return Cloze(whole, asked.languages.answered, gaps, (tuple(by_id.values()),) * len(gaps))


_READERS: Mapping[str, Callable[[Asked], Content]] = {
    "choiceInteraction": _choice,
    "textEntryInteraction": _text_entry,
    "inlineChoiceInteraction": _inline_choice,
    "extendedTextInteraction": _extended_text,
    "matchInteraction": _match,
    "associateInteraction": _associate,
    "orderInteraction": _order,
    "gapMatchInteraction": _gap_match,
}
