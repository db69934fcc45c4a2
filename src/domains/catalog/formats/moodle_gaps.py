"""Gaps of Moodle's questions: `{1:SHORTANSWER:=cat~%50%kitten}` within a text, and `[[1]]` for the first choice."""

import re
from collections.abc import Sequence
from decimal import Decimal

from domains.catalog.formats import html
from domains.catalog.formats.questions import Maker, Say, literally
from domains.catalog.kinds import Content
from domains.catalog.kinds.cloze import GAP

_GAP = re.compile(r"\{\d*:([A-Z_]+):((?:\\.|[^}\\]){0,1000})\}", re.DOTALL)
_PLACE = re.compile(r"\[\[(\d{1,3})\]\]")
_ANSWER = re.compile(r"(=|%-?\d{1,3}(?:\.\d*)?%)?((?:\\.|[^\\#])*)(?:#(.*))?", re.DOTALL)
_TYPED = {"SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC", "NUMERICAL", "NM"}
_NUMBERS = {"NUMERICAL", "NM"}
_CHOSEN = ("MULTICHOICE", "MC")


def cloze(text: str, form: html.Form, make: Maker, say: Say) -> Content | None:
    """A text with its gaps. Where some are typed and some chosen, all are typed."""
    if len(text) > html.LONGEST:
        say("warning", "the question was left out: its text is too long")
        return None
    gaps: list[list[str]] = []
    options: list[list[str]] = []
    for found in _GAP.finditer(text):
        kind = found[1]
        if kind not in _TYPED and not kind.startswith(_CHOSEN):
            say("warning", f"the question was left out: gaps of the type `{kind[:30]}` are not supported")
            return None
        right, all_texts = _answers(found[2], form, say)
        if kind in _NUMBERS:
            say("warning", "the tolerance of numbers in gaps was left out")
            right = [one.split(":")[0].strip() for one in right]
        gaps.append(right)
        options.append(all_texts if kind.startswith(_CHOSEN) else [])
    is_chosen = all(options)
    if any(options) and not is_chosen:
        say("note", "some gaps are chosen and some typed: here all are typed")
    reading = html.as_plain(_GAP.sub(GAP, text), form)
    if not gaps:
        say("warning", "the question was left out: its text has no gap")
        return None
    accepted = gaps if is_chosen else [[literally(one) for one in gap] for gap in gaps]
    return make.content("cloze", say, text=reading.text, gaps=accepted, options=options if is_chosen else [])


def _answers(body: str, form: html.Form, say: Say) -> tuple[list[str], list[str]]:
    """(what is right, all there is to choose)"""
    right, texts = [], []
    for entry in re.split(r"(?<!\\)~", body):
        found = _ANSWER.fullmatch(entry)
        if found is None:
            continue
        mark = found[1] or ""
        text = html.as_plain(re.sub(r"\\(.)", r"\1", found[2]), form).text
        if found[3] and found[3].strip():
            say("note", "feedback in gaps was left out")
        share = Decimal(mark.strip("%")) if mark.startswith("%") else Decimal(100 if mark == "=" else 0)
        if share >= 100:
            right.append(text)
        elif share > 0:
            say("warning", f"`{text[:40]}` is only partly right in its gap: taken for wrong")
        texts.append(text)
    return right, list(dict.fromkeys(texts))


def placed(text: str, choices: Sequence[tuple[str, str]], make: Maker, say: Say) -> Content | None:
    """A text with `[[n]]` where the n-th of the choices (text, group) belongs; one chooses among those of its group."""
    gaps, options = [], []
    for found in _PLACE.finditer(text):
        number = int(found[1])
        if not 0 < number <= len(choices):
            say("warning", f"the question was left out: there is no choice {number}")
            return None
        right, group = choices[number - 1]
        gaps.append([right])
        options.append(list(dict.fromkeys(one for one, its in choices if its == group)))
    if any(len(offered) < 2 for offered in options):
        # With nothing to choose from it can only be typed.
        options = []
    return make.content("cloze", say, text=_PLACE.sub(GAP, text), gaps=gaps, options=options)
