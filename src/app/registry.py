"""The domains of the house, lowest first, and what follows from the list."""

import importlib
from collections.abc import Sequence

import click
from sqlalchemy import MetaData

from domains import billing, catalog, classrooms, gamification, identity, learning, media, notifications, profiles
from domains.kernel.domain import Domain, Job, PersonalData
from domains.kernel.events import Event
from domains.kernel.models import Base
from domains.kernel.uow import Subscription

DOMAINS: tuple[Domain, ...] = (
    identity.DOMAIN,
    media.DOMAIN,
    profiles.DOMAIN,
    billing.DOMAIN,
    catalog.DOMAIN,
    learning.DOMAIN,
    classrooms.DOMAIN,
    gamification.DOMAIN,
    notifications.DOMAIN,
)


def metadata() -> MetaData:
    """Every table of the house. Domains whose statements are all written by hand do not load their models otherwise."""
    for domain in DOMAINS:
        importlib.import_module(f"domains.{domain.name}.models")
    return Base.metadata


def events() -> dict[str, type[Event]]:
    """Every fact of the house by its tag."""
    return {event.type_name(): event for domain in DOMAINS for event in domain.events}


def subscriptions() -> list[Subscription]:
    return [subscription for domain in DOMAINS for subscription in domain.subscriptions]


def jobs() -> list[Job]:
    return [job for domain in DOMAINS for job in domain.jobs]


def personal_data() -> dict[str, Sequence[PersonalData]]:
    """What each domain holds about people."""
    return {domain.name: domain.personal_data for domain in DOMAINS if domain.personal_data}


def catalogue() -> list[str]:
    """One line per fact, where it is published, and who reacts: the published file that tests compare with."""
    lines: list[str] = []
    for tag, event in sorted(events().items()):
        stream = f"  > {event.published.stream} {event.published.type}" if event.published else ""
        lines.append(tag + ("" if event.durable else "  (screens only)") + stream)
        lines.extend(f"    {s.when}: {s.name}" for s in subscriptions() if s.event is event)
    lines.extend(f"job {job.name} every {job.every_s} s" for job in jobs())
    return lines


if __name__ == "__main__":
    click.echo("\n".join(catalogue()))
