"""The manifest by which a domain tells the composition root what it brings."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from litestar.types import ControllerRouterHandler

from domains.kernel.events import Event
from domains.kernel.uow import Database, Subscription


@dataclass(frozen=True, slots=True)
class Job:
    """Background work that no fact causes. Due work is found by SQL, so a late or double run changes nothing."""

    name: str
    run: Callable[[Database], Awaitable[None]]
    every_s: int


@dataclass(frozen=True, slots=True)
class Domain:
    name: str
    routes: Sequence[ControllerRouterHandler] = ()
    events: Sequence[type[Event]] = ()
    subscriptions: Sequence[Subscription] = ()
    jobs: Sequence[Job] = ()
