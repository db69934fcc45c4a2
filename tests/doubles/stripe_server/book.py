"""Everything that the stand-in for Stripe remembers: objects by id, newest last, and the events about them."""

import copy
import itertools
import time
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

API_VERSION = "2026-10-28.endive"

Thing = dict[str, Any]


class Refusal(Exception):
    """Stripe's answer to what it does not do."""

    def __init__(
        self, message: str, *, status: int = 400, type_: str = "invalid_request_error", code: str = "", param: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: Thing = {"type": type_, "message": message}
        if code:
            self.error["code"] = code
        if param:
            self.error["param"] = param


def declined() -> Refusal:
    return Refusal("Your card was declined.", status=402, type_="card_error", code="card_declined")


class Book:
    def __init__(self, *, live: bool) -> None:
        self.live = live
        self.things: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.declining: set[str] = set()
        """Payment methods that pay nothing."""
        self.ahead_s = 0
        """How far this clock is before the real one."""
        self._numbers = itertools.count(1)
        self._run = f"{time.time_ns() % 10**10:010d}"

    def now(self) -> int:
        return int(time.time()) + self.ahead_s

    def id(self, prefix: str) -> str:
        return f"{prefix}_{self._run}{next(self._numbers):014d}"

    def add(self, kind: str, prefix: str, **fields: Any) -> Thing:
        made = {"id": self.id(prefix), "object": kind, "created": self.now(), "livemode": self.live, **fields}
        self.things[made["id"]] = made
        return made

    def get(self, id_: str, kind: str, param: str = "id") -> Thing:
        found = self.things.get(id_)
        if found is None or found["object"] != kind:
            name = kind.replace(".", " ").replace("_", " ")
            raise Refusal(f"No such {name}: '{id_}'", status=404, code="resource_missing", param=param)
        return found

    def all(self, kind: str) -> Iterator[Thing]:
        """Newest first, as lists are."""
        return (found for found in reversed(list(self.things.values())) if found["object"] == kind)

    def tell(self, type_: str, thing: Thing) -> Thing:
        """Records an event with the thing as it is now."""
        event = {
            "id": self.id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": {"object": self.shown(thing, [])},
            "livemode": self.live,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": type_,
        }
        self.events.append(event)
        self.things[event["id"]] = event
        return event

    def shown(self, thing: Thing, expand: list[str]) -> Thing:
        """A copy with what was asked for in place of ids."""
        asked = {path.split(".")[0] for path in expand}
        hidden = {name for name in thing if name.startswith("_")} | (_ONLY_EXPANDED - asked)
        made: Thing = copy.deepcopy({name: found for name, found in thing.items() if name not in hidden})
        for path in expand:
            self._expand(made, path.split("."))
        return made

    def _expand(self, place: Any, path: list[str]) -> None:
        if isinstance(place, list):
            for one in place:
                self._expand(one, path)
            return
        name, *rest = path
        if not isinstance(place, dict) or name not in place:
            raise Refusal(f"This property cannot be expanded ({'.'.join(path)}).", param="expand")
        found = place[name]
        if isinstance(found, str) and found in self.things:
            place[name] = found = self.shown(self.things[found], [])
        if rest and found is not None:
            self._expand(found, rest)


_ONLY_EXPANDED = {"payments"}


def later(stamp: int, interval: str, count: int = 1) -> int:
    """So many months or years later, on the same day or the last of the month."""
    start = datetime.fromtimestamp(stamp, UTC)
    years, month = divmod(start.month - 1 + count * (12 if interval == "year" else 1), 12)
    year, month = start.year + years, month + 1
    return int(start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1])).timestamp())
