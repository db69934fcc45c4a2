"""What an item of QTI says is right: its declarations of responses and how it scores them."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from domains.catalog.formats.xml import Element

_KNOWN_TEMPLATES = ("match_correct", "map_response", "cc2_match")
_PLAIN = {
    "responseProcessing",
    "responseCondition",
    "responseIf",
    "responseElseIf",
    "responseElse",
    "match",
    "equal",
    "variable",
    "correct",
    "setOutcomeValue",
    "baseValue",
    "mapResponse",
    "isNull",
    "and",
    "not",
    "multiple",
    "sum",
}
"""Of which the common ways to score are made: right or not, the sum of a mapping, nothing for no answer; and feedback
that is chosen by it."""


class Declared(Struct, frozen=True):
    base_type: str
    cardinality: str
    correct: tuple[str, ...]
    mapping: Mapping[str, float] = {}
    """Scores by what is answered; empty where none are given."""
    by_letter: frozenset[str] = frozenset()
    """Those in which small and large letters differ, because the item says so."""

    def best(self, by_mapping: bool) -> tuple[str, ...]:
        """What is wholly right: the correct answers; where there are none, or the mapping counts, what scores: of
        several answers all that do, of one those that score most."""
        top = max(self.mapping.values(), default=0.0) if self.cardinality == "single" else 0.0
        scored = tuple(answer for answer, score in self.mapping.items() if score > 0 and score >= top)
        # Of the same answers the declared ones stand in their author's order.
        counts = by_mapping and scored and set(scored) != set(self.correct)
        return scored if counts else self.correct or scored


class Scoring(Struct, frozen=True):
    by_mapping: bool
    tolerances: Mapping[str, tuple[str, str]] = {}
    """By response: mode and numbers of an `equal`."""


def declarations(item: Element) -> dict[str, Declared]:
    return dict(_declarations(item))


def _declarations(item: Element) -> Iterator[tuple[str, Declared]]:
    for element in item.all("responseDeclaration"):
        correct = element.first("correctResponse")
        mapping = element.first("mapping")
        yield (
            element.attributes.get("identifier", ""),
            Declared(
                element.attributes.get("baseType", ""),
                element.attributes.get("cardinality", "single"),
                tuple(" ".join(value.whole_text.split()) for value in correct.all("value")) if correct else (),
                dict(_entries(mapping)) if mapping else {},
                frozenset(
                    _map_key(entry)
                    for entry in (mapping.all("mapEntry") if mapping else ())
                    if entry.attributes.get("caseSensitive") == "true"
                ),
            ),
        )


def _entries(mapping: Element) -> Iterator[tuple[str, float]]:
    for entry in mapping.all("mapEntry"):
        try:
            score = float(entry.attributes.get("mappedValue", ""))
        except ValueError:
            entry.say("warning", "a score that is no number was left out")
            continue
        yield _map_key(entry), score


def _map_key(entry: Element) -> str:
    return " ".join(entry.attributes.get("mapKey", "").split())


def scoring(item: Element) -> Scoring:
    """How the item scores; what of it is not understood is reported."""
    processing = item.first("responseProcessing")
    if processing is None:
        return Scoring(by_mapping=False)
    template = processing.attributes.get("template") or processing.attributes.get("templateLocation") or ""
    if template:
        name = template.rstrip("/").rpartition("/")[2].removesuffix(".xml").lower()
        if not any(known in name for known in _KNOWN_TEMPLATES) or "point" in name:
            processing.say("warning", f"scoring by the template `{name}` is not understood; the right answers count")
        return Scoring("map_response" in name)
    odd = sorted({element.name for element in processing.walk()} - _PLAIN)
    if odd:
        processing.say(
            "warning", f"scoring of its own ({', '.join(f'`{name}`' for name in odd)}) is not understood; right is "
            "what the item declares as right",
        )  # fmt: skip
    by_mapping = any(element.name == "mapResponse" for element in processing.walk())
    return Scoring(by_mapping, dict(_tolerances(processing)))


def _tolerances(processing: Element) -> Iterator[tuple[str, tuple[str, str]]]:
    for element in processing.walk():
        variable = element.first("variable")
        if element.name == "equal" and variable is not None:
            mode = element.attributes.get("toleranceMode", "exact")
            yield variable.attributes.get("identifier", ""), (mode, element.attributes.get("tolerance", ""))


def feedback(item: Element) -> Iterator[Element]:
    """All that is said after the answer, wherever it stands, but for that inside an option."""
    for element in item.walk():
        if element.name in {"modalFeedback", "feedbackBlock"}:
            yield element
