"""Messages in somebody's language: what handlers and senders call.

Invariant: whatever is sent can be read without pictures, without HTML and without colours; a link is an address of
ours or one that a param names, and nothing in a param becomes markup. Whatever params lack, there is something to read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from domains.notifications.policy.kinds import KINDS
from domains.notifications.rendering.style import STYLE
from domains.notifications.rendering.texts import Tongue, entry, tongue
from domains.notifications.rendering.words import Writer

PRODUCT = "Lyceum"
_MOST_PREHEADER = 140
_MOST_PUSH_TITLE = 120
_MOST_PUSH_BODY = 400

_TEMPLATES = Path(__file__).parent.parent / "templates"


class Words(NamedTuple):
    title: str
    """One line."""
    body: str


class MailWords(NamedTuple):
    subject: str
    """One line."""
    text: str
    html: str


class Sender(NamedTuple):
    """Who writes. `address`: the postal address that many countries want in the footer; "" leaves it out."""

    name: str = PRODUCT
    address: str = ""


def in_app(kind: str, params: Mapping[str, object], locale: str, *, zone: str = "UTC", person_name: str = "") -> Words:
    """Title and body for the inbox. Raises KeyError for a kind without texts."""
    words, found, spoken = _plain(kind, params, locale, zone=zone, person_name=person_name)
    return Words(_title(words, found, spoken), _body(words, found, spoken))


def push(kind: str, params: Mapping[str, object], locale: str, *, zone: str = "UTC", person_name: str = "") -> Words:
    """The same, short enough for a lock screen. Raises the same."""
    title, body = in_app(kind, params, locale, zone=zone, person_name=person_name)
    return Words(_cut(title, _MOST_PUSH_TITLE), _cut(" ".join(body.split()), _MOST_PUSH_BODY))


def mail(
    kind: str,
    params: Mapping[str, object],
    locale: str,
    *,
    person_name: str,
    url: str,
    unsubscribe_url: str | None,
    preferences_url: str = "",
    zone: str = "UTC",
    sender: Sender = Sender(),  # noqa: B008 - immutable
) -> MailWords:
    """Subject, text and HTML. Addresses are whole; `url` is the button's. Raises what `in_app` raises."""
    words, found, spoken = _plain(kind, params, locale, zone=zone, person_name=person_name)
    html = Writer(spoken, _context(spoken, found, params, person_name), zone=zone, html=True, about=kind)
    subject = words.line(found.get("subject", "")) or _title(words, found, spoken)
    frame = {
        "lang": spoken.tag,
        "dir": spoken.locale.text_direction,
        "subject": subject,
        "preheader": _cut(" ".join(_preheader(words, found, spoken).split()), _MOST_PREHEADER),
        "url": _link(url),
        "unsubscribe_url": unsubscribe_url,
        "preferences_url": preferences_url,
        "sender": sender,
        "accent": STYLE.accent(KINDS[kind].category if kind in KINDS else "learning"),
        "items": [item | {"url": _near(item.get("url", ""), url)} for item in _items(params)],
    }
    text = _TEXT.render(frame | _parts(words, found, spoken, kind, markup=False))
    marked = _HTML.render(frame | {"style": STYLE} | _parts(html, found, spoken, kind, markup=True))
    return MailWords(subject, text, marked)


def _plain(
    kind: str, params: Mapping[str, object], locale: str, *, zone: str, person_name: str
) -> tuple[Writer, dict[str, Any], Tongue]:
    spoken = tongue(locale)
    found = entry(spoken, kind, params.get("case"))
    return (
        Writer(spoken, _context(spoken, found, params, person_name), zone=zone, html=False, about=kind),
        found,
        spoken,
    )


def _title(words: Writer, found: Mapping[str, Any], spoken: Tongue) -> str:
    return words.line(found["title"]) or words.line(spoken.texts["words"]["untold_title"])


def _body(words: Writer, found: Mapping[str, Any], spoken: Tongue) -> str:
    return words(found["body"]) or words(spoken.texts["words"]["untold_body"])


def _preheader(words: Writer, found: Mapping[str, Any], spoken: Tongue) -> str:
    return words(found.get("preheader", "")) or _body(words, found, spoken)


def _context(
    spoken: Tongue, found: Mapping[str, Any], params: Mapping[str, object], person_name: str
) -> dict[str, Any]:
    absent: dict[str, Any] = dict(spoken.texts["unnamed"]) | dict.fromkeys(found.get("optional", ()))
    return absent | {"product": PRODUCT, "name": person_name} | dict(params)


def _parts(words: Writer, found: Mapping[str, Any], spoken: Tongue, kind: str, *, markup: bool) -> dict[str, Any]:
    """What stands between greeting and footer. Rendered for HTML it is escaped already."""
    common = spoken.texts["words"]
    category = KINDS[kind].category if kind in KINDS else "learning"
    said = {
        "heading": words.line(found.get("heading", "")) or _title(words, found, spoken),
        "greeting": words.line(common["greeting"]),
        "code": words.line(found.get("code", "")),
        "button": words.line(found.get("button", "")),
        "note": words.line(found.get("note", "")),
        "link_hint": common["link_hint"],
        "unsubscribe": common["unsubscribe"],
        "preferences": common["preferences"],
        "reason": words.line(found.get("reason", common["reason"][category])),
    }
    paragraphs = [part for source in found.get("paragraphs", ()) for part in _blocks(words(source))]
    stats = [{"value": words.line(s["value"]), "label": words.line(s["label"])} for s in found.get("stats", ())]
    facts = [
        {"label": words.line(f["label"]), "value": words.line(f["value"]), "total": f.get("total", False)}
        for f in found.get("facts", ())
    ]
    lists = {
        "paragraphs": paragraphs or _blocks(_body(words, found, spoken)),
        "stats": [stat for stat in stats if stat["value"]],
        "facts": [fact for fact in facts if fact["value"]],
    }
    parts: dict[str, Any] = said | lists
    return {name: _marked(part) for name, part in parts.items()} if markup else parts


def _items(params: Mapping[str, object]) -> list[dict[str, Any]]:
    found = params.get("items", [])
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _link(address: str) -> str:
    """Only what a browser opens as a page."""
    return address if address.startswith(("https://", "http://")) else ""


def _near(path: str, url: str) -> str:
    """The whole address of a path beside `url`."""
    return _link(urljoin(url, path)) if path.startswith("/") and not path.startswith("//") else _link(path)


def _blocks(text: str) -> list[str]:
    """What somebody wrote with empty lines are several paragraphs."""
    return [block.strip() for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]


def _marked(value: Any) -> Any:
    """Says of every text that it is escaped; single line ends become breaks."""
    if isinstance(value, str):
        return Markup(value.replace("\n", "<br>\n"))  # noqa: S704 - rendered with autoescape
    if isinstance(value, dict):
        return {name: _marked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return value


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _layouts(*, html: bool) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


_TEXT = _layouts(html=False).get_template("mail.txt")
_HTML = _layouts(html=True).get_template("mail.html")
