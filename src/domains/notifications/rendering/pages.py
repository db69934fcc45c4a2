"""Pages that belong to mails, as HTML. Invariant: they work without a login, and every value is escaped. Only what
stands behind a link with a secret needs a script, because nothing else can read what is behind a `#`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from domains.notifications.rendering.render import PRODUCT
from domains.notifications.rendering.texts import Tongue, tongue
from domains.notifications.rendering.words import Writer

_PAGES = SandboxedEnvironment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_GOOD = frozenset({"done", "sent", "half_old", "half_new"})
"""Outcomes of a link that are no complaint."""


class Topic(NamedTuple):
    """`path`: where its button goes."""

    scope: str
    path: str
    stopped: bool


class Letter(NamedTuple):
    """A mail in the local outbox."""

    path: str
    to_address: str
    subject: str
    at: datetime


def stopping(locale: str, *, scope: str, path: str, stopped: bool, undo: bool, topics: Sequence[Topic]) -> str:
    """Asks, or says that it is done. `undo`: whether it can be taken back here."""
    spoken = _spoken(locale)
    what = _what(spoken, scope)
    said = {name: _say(spoken, name, what) for name in spoken.texts["page"]}
    listed = [
        topic._asdict()
        | {"what": _what(spoken, topic.scope)}
        | {name: _say(spoken, f"{name}_topic", _what(spoken, topic.scope)) for name in ("stop", "start")}
        for topic in topics
    ]
    return _page(
        "unsubscribe.html", spoken, said | {"path": path, "is_stopped": stopped, "undo": undo, "topics": listed}
    )


def unknown_link(locale: str) -> str:
    spoken = _spoken(locale)
    said = {name: _say(spoken, name, "") for name in ("unknown_title", "unknown")}
    return _page("unknown_link.html", spoken, said)


def link(locale: str, purpose: str) -> str:
    """Behind a link with a secret: `verify`, `move` or `reset`."""
    spoken = _spoken(locale)
    both, own = spoken.texts["links"], spoken.texts["links"][purpose]
    said = {name: _written(spoken, text) for name, text in (both | own).items() if isinstance(text, str)}
    outcomes = {name: _written(spoken, text) for part in (both, own) for name, text in part["outcomes"].items()}
    return _page("link.html", spoken, said | {"purpose": purpose, "outcomes": outcomes, "good": _GOOD})


def outbox(letters: Sequence[Letter], *, to: str, kept_here: bool, previews: Sequence[tuple[str, str]]) -> str:
    """`previews`: addresses with what is to be seen there."""
    given = {"letters": letters, "to": to, "kept_here": kept_here, "previews": previews}
    return _page("outbox.html", _spoken("en"), given)


def letter(path: str, subject: str, headers: Sequence[tuple[str, str]]) -> str:
    return _page("letter.html", _spoken("en"), {"path": path, "subject": subject, "headers": headers})


def preview(kind: str, subject: str, path: str, others: Sequence[tuple[str, str]]) -> str:
    """One kind with sample data; `others`: addresses of the same in other languages and cases."""
    return _page("preview.html", _spoken("en"), {"kind": kind, "subject": subject, "path": path, "others": others})


def _page(name: str, spoken: Tongue, given: Mapping[str, Any]) -> str:
    frame = {"lang": spoken.tag, "dir": spoken.locale.text_direction, "product": PRODUCT}
    return _PAGES.get_template(name).render(frame, **given)


def _spoken(locale: str) -> Tongue:
    return tongue(locale)


def _what(spoken: Tongue, scope: str) -> str:
    """In the middle of a sentence."""
    name = "everything" if scope == "*" else scope.removeprefix("category:")
    labels = spoken.texts["labels"]
    return _written(spoken, labels.get(name, labels["everything"]))


def _say(spoken: Tongue, name: str, what: str) -> str:
    return _written(spoken, spoken.texts["page"][name], what=what)


def _written(spoken: Tongue, text: str, **params: str) -> str:
    return Writer(spoken, {"product": PRODUCT, **params}, zone="UTC", html=False, about="a page").line(text)
