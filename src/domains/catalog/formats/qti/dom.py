"""One vocabulary for the elements of QTI 2.x and 3.0: that of 2.x, `choiceInteraction` for `qti-choice-interaction`."""

import re
from collections.abc import Callable
from html import escape
from xml.parsers.expat import ExpatError

from domains.catalog.formats import html, xml
from domains.catalog.formats.report import Report
from domains.catalog.formats.xml import Element

_HYPHEN = re.compile(r"-([a-z])")
_VOID = {"br", "img", "hr", "source", "track", "col"}
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif")
_SOUNDS = (".mp3", ".ogg", ".oga", ".opus", ".wav", ".m4a")


def parse(raw: bytes, file: str, report: Report) -> Element | None:
    """The root in the vocabulary of 2.x, or None and a remark."""
    try:
        root = xml.parse(raw, file, report)
    except ExpatError:
        report.add("error", file, 1, "this is not XML")
        return None
    if root is not None:
        for element in root.walk():
            if element.name.startswith("qti-"):
                element.name = _camel(element.name.removeprefix("qti-"))
            element.attributes = {_camel(name): value for name, value in element.attributes.items()}
    return root


def _camel(name: str) -> str:
    return _HYPHEN.sub(lambda found: found[1].upper(), name)


Replace = Callable[[Element], str | None]
"""What stands for an element as HTML; None for what it says itself. Videos are never in a text: `videos` finds them."""


def nothing_replaced(_: Element) -> str | None:
    return None


def markup(element: Element, replace: Replace = nothing_replaced) -> str:
    """What is in an element, as HTML."""
    return "".join(escape(part) if isinstance(part, str) else _outer(part, replace) for part in element.parts)


def _outer(element: Element, replace: Replace) -> str:
    instead = replace(element)
    if instead is not None:
        return instead
    name, attributes = element.name, element.attributes
    if name == "video":
        return ""
    if name == "object":
        name, attributes = _object(element)
        if name != "object":
            return _tag(name, attributes)
    inner = markup(element, replace)
    return _tag(name, attributes) if name in _VOID else f"{_tag(name, attributes)}{inner}</{name}>"


def _object(element: Element) -> tuple[str, dict[str, str]]:
    """Older packages show pictures and play sounds by `object`, whose content is said where that is not possible."""
    source, form = element.attributes.get("data", ""), element.attributes.get("type", "")
    alt = " ".join(element.whole_text.split())
    if form.startswith("image/") or source.lower().endswith(_IMAGES):
        return "img", {"src": source, "alt": alt}
    if form.startswith("audio/") or source.lower().endswith(_SOUNDS):
        return "audio", {"src": source}
    return "object", element.attributes


def _tag(name: str, attributes: dict[str, str]) -> str:
    kept = [(key, escape(attributes[key])) for key in ("src", "alt", "href") if key in attributes]
    return "<" + name + "".join(f' {key}="{value}"' for key, value in kept) + ">"


def videos(element: Element) -> list[Element]:
    return [one for one in element.walk() if one.name == "video" or _is_video(one)]


def _is_video(element: Element) -> bool:
    return element.name == "object" and element.attributes.get("type", "").startswith("video/")


def read(element: Element, replace: Replace = nothing_replaced, *, markdown: bool = False) -> html.Reading:
    return html.read(markup(element, replace), markdown=markdown)


def one_line(element: Element) -> str:
    return " ".join(read(element).text.split())
