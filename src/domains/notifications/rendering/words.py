"""Templates over params, sandboxed. Invariant: what a person wrote is data in every form: escaped in HTML, never a
template, and never a second line where one is wanted; a text that cannot be said is left out, and stops nothing."""

import logging
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from jinja2 import StrictUndefined, Template, TemplateError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from domains.kernel.money import major
from domains.notifications.rendering.texts import Tongue

log = logging.getLogger(__name__)

_UNSAYABLE = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a param that is missing or of another shape ends in, here or in babel."""


class Writer:
    """Renders the texts of one message in one form: plain, or HTML. `about` names the message in the log."""

    def __init__(self, tongue: Tongue, params: dict[str, Any], *, zone: str, html: bool, about: str) -> None:
        self._context = params | {"_tongue": tongue, "_zone": ZoneInfo(zone)}
        self._html = html
        self._about = f"{about} ({tongue.tag})"

    def __call__(self, source: str) -> str:
        """Empty where the template says nothing, or asks for what the params do not hold."""
        try:
            return _compiled(source, self._html).render(self._context).strip()
        except _UNSAYABLE as error:
            # The text is ours; what a param holds, and what an error quotes of it, may be a secret.
            log.warning("a text of %s is left out: %s for %r", self._about, type(error).__name__, source)
            return ""

    def line(self, source: str) -> str:
        """The same on one line, for subjects and titles."""
        return " ".join(self(source).split())


@pass_context
def _count(context: Context, value: int, noun: str) -> str:
    """`1 day`, `12 days`: by the plural rules of the language."""
    tongue: Tongue = context["_tongue"]
    forms = tongue.texts["counts"][noun]
    form = forms.get(tongue.locale.plural_form(value), forms["other"])
    return str(form).replace("{n}", _number(context, value))


@pass_context
def _number(context: Context, value: int) -> str:
    return numbers.format_decimal(value, locale=_locale(context))


@pass_context
def _money(context: Context, amount_minor: int, currency: str) -> str:
    return numbers.format_currency(major(amount_minor, currency), currency, locale=_locale(context))


@pass_context
def _day(context: Context, value: object) -> str:
    """Of a date, or of a moment where the person is."""
    found = _time(value)
    if isinstance(found, datetime):
        found = found.astimezone(context["_zone"]).date()
    return dates.format_date(found, "long", locale=_locale(context))


@pass_context
def _span(context: Context, first: object, last: object) -> str:
    """From one date to another, said once what they share: Nov 16 – 22, 2026."""
    return dates.format_interval(_time(first), _time(last), "yMMMd", locale=_locale(context))


@pass_context
def _moment(context: Context, value: object) -> str:
    found = _time(value)
    if not isinstance(found, datetime):
        raise TypeError(f"{value!r} is no moment")
    # With the zone's name, because whoever reads of a sign-in may be travelling.
    local = found.astimezone(context["_zone"])
    return f"{dates.format_datetime(local, 'medium', locale=_locale(context))} ({local:%Z})"


def _time(value: object) -> date | datetime:
    """Params are JSON, so times arrive as ISO 8601."""
    if isinstance(value, str):
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    if isinstance(value, date):
        return value
    raise TypeError(f"{value!r} is no time")


def _locale(context: Context) -> Locale:
    tongue: Tongue = context["_tongue"]
    return tongue.locale


def _strong(value: object) -> Markup:
    return Markup('<strong style="font-weight:600">{}</strong>').format(value)


def _environment(*, html: bool) -> SandboxedEnvironment:
    found = SandboxedEnvironment(autoescape=html, undefined=StrictUndefined)
    filters: dict[str, Any] = {"count": _count, "day": _day, "moment": _moment, "money": _money, "number": _number}
    found.filters.update(filters, span=_span, strong=_strong if html else str)
    return found


_ENVIRONMENTS = {html: _environment(html=html) for html in (False, True)}


@lru_cache(maxsize=2048)
def _compiled(source: str, html: bool) -> Template:
    return _ENVIRONMENTS[html].from_string(source)
