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
class PersonalData:
    """One file of what the house holds about a person. `sql` selects it for `:user_id` or `:email` (in lower case, and
    only once it is known to be theirs; empty otherwise), in an order that stays. Columns are named for the person who
    reads them, PostgreSQL makes them JSON, and there is no secret among them."""

    file: str
    """Without directory and extension; unique within the domain."""
    sql: str


@dataclass(frozen=True, slots=True)
class Domain:
    name: str
    routes: Sequence[ControllerRouterHandler] = ()
    events: Sequence[type[Event]] = ()
    subscriptions: Sequence[Subscription] = ()
    jobs: Sequence[Job] = ()
    personal_data: Sequence[PersonalData] = ()
    """All that it holds about people. Whoever adds a table about people names it here and clears it at
    `identity.AccountErased`."""
