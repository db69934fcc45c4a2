"""REST of what operators look after: jobs, figures and feature flags.

Invariant: whatever is changed here stands in the audit log, with who did it.
"""

import contextlib
import math
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from app.telemetry import families
from domains.billing.api import inbox_measure
from domains.identity.api import Action, Permission, Principal, record_action
from domains.identity.guards import require
from domains.kernel import flags, repository
from domains.kernel.errors import Invalid, NotFound
from domains.kernel.flags import Flag
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.repository import DeliveryKey, DeliveryRecord, DeliveryState
from domains.kernel.uow import Database, UnitOfWork
from domains.kernel.wire import In, Out

_PRIVATE = CacheControlHeader(no_store=True)
_OURS = "lyceum_"

Subscription = Annotated[str | None, QueryParameter(max_length=200, description="Only jobs of this name.")]
Wanted = Annotated[DeliveryState, QueryParameter(name="state")]
Cursor = Annotated[str | None, QueryParameter(max_length=400)]


# ---- jobs


class JobOut(Out, frozen=True):
    """One reaction to one fact."""

    event_id: UUID
    subscription: str
    event_type: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    """When it is tried next, or was to be tried last."""
    finished_at: datetime | None
    last_error: str | None


class JobDetailOut(JobOut, frozen=True, kw_only=True):
    fact: dict[str, Any]
    """What it reacts to."""


class JobCountOut(Out, frozen=True):
    subscription: str
    dead: int
    pending: int
    retrying: int
    """Of the pending ones: has failed before."""
    due_at: datetime | None
    """Of what is due first."""
    dead_since: datetime | None
    """When the first of the dead ones was given up."""


class JobCountsOut(Out, frozen=True):
    items: list[JobCountOut]


class ReplayIn(In, frozen=True):
    """One job, all that react to a fact, all of a name, or everything."""

    event_id: UUID | None = None
    subscription: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    everything: bool = False


class ReplayedOut(Out, frozen=True):
    replayed: int


class JobNotFound(NotFound):
    code = "jobs.not_found"
    title = "There is no such job"


class NothingNamed(Invalid):
    code = "jobs.nothing_named"
    title = "Name an event, a subscription, or everything"


class JobsController(Controller):
    path = "/api/v1/admin/jobs"
    tags = ("operations",)
    guards = (require(Permission.JOBS_RUN),)
    cache_control = _PRIVATE

    @get("/", operation_id="list_jobs", summary="Background jobs; by default those that failed for good, newest first")
    async def list_jobs(
        self,
        uow: NamedDependency[UnitOfWork],
        wanted: Wanted = "dead",
        subscription: Subscription = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[JobOut]:
        found = await repository.list_deliveries(
            uow.session,
            wanted,
            most=limit + 1,
            subscription=subscription,
            after=decode_cursor(cursor, DeliveryKey),
        )
        return page_of([_job(each) for each in found], limit, lambda job: (job.event_id, job.subscription))

    @get("/counts", operation_id="count_jobs", summary="How many jobs wait or failed for good, by name")
    async def counts(self, uow: NamedDependency[UnitOfWork]) -> JobCountsOut:
        return JobCountsOut([JobCountOut(*each) for each in await repository.count_deliveries(uow.session)])

    @get("/{event_id:uuid}/{subscription:str}", operation_id="show_job", summary="One job with its fact")
    async def show(
        self, uow: NamedDependency[UnitOfWork], event_id: FromPath[UUID], subscription: FromPath[str]
    ) -> JobDetailOut:
        found = await repository.delivery(uow.session, DeliveryKey(event_id, subscription))
        if found is None:
            raise JobNotFound
        record, fact = found
        return JobDetailOut(**msgspec.structs.asdict(_job(record)), fact=msgspec.json.decode(fact))

    @post(
        "/replay",
        operation_id="replay_jobs",
        summary="Run jobs again that failed for good, with all their tries ahead of them",
        status_code=200,
    )
    async def replay(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], data: JSONBody[ReplayIn]
    ) -> ReplayedOut:
        if not (data.event_id or data.subscription or data.everything):
            raise NothingNamed
        replayed = await repository.replay_dead(uow.session, event_id=data.event_id, subscription=data.subscription)
        if data.event_id and not replayed:
            raise JobNotFound(f"no job of {data.event_id} has failed for good")
        detail = {
            "event_id": str(data.event_id) if data.event_id else None,
            "subscription": data.subscription,
            "replayed": len(replayed),
        }
        record_action(uow, Action.JOBS_REPLAYED, user_id=None, actor_id=principal.user_id, detail=detail)
        return ReplayedOut(len(replayed))


def _job(record: DeliveryRecord) -> JobOut:
    return msgspec.convert(record._asdict(), JobOut)


# ---- figures


class SampleOut(Out, frozen=True):
    name: str
    labels: dict[str, str]
    value: float


class FigureOut(Out, frozen=True):
    name: str
    help: str
    kind: str
    """`counter`, `gauge` or `histogram`; of a histogram there are `…_count` and `…_sum`."""
    samples: list[SampleOut]


class FiguresOut(Out, frozen=True):
    items: list[FigureOut]


class FiguresController(Controller):
    path = "/api/v1/admin/metrics"
    tags = ("operations",)
    guards = (require(Permission.METRICS_READ),)
    cache_control = _PRIVATE

    @get("/", operation_id="read_metrics", summary="What `/metrics` has of our own, as JSON, of all processes here")
    async def read(self, db: NamedDependency[Database]) -> FiguresOut:
        # Without the database all other figures are wanted the more.
        with contextlib.suppress(Exception):
            await inbox_measure(db)
        return FiguresOut(
            [
                FigureOut(
                    family.name,
                    family.documentation,
                    family.type,
                    [
                        SampleOut(sample.name, dict(sample.labels), sample.value)
                        for sample in family.samples
                        if not sample.name.endswith(("_bucket", "_created")) and math.isfinite(sample.value)
                    ],
                )
                for family in families()
                if family.name.startswith(_OURS)
            ]
        )


# ---- feature flags


class FlagIn(In, frozen=True):
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    environments: Annotated[list[flags.Environment], msgspec.Meta(max_length=2)] = msgspec.field(default_factory=list)
    """In which `percentage` counts."""
    percentage: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    people: Annotated[list[UUID], msgspec.Meta(max_length=1_000)] = msgspec.field(default_factory=list)
    """Who has it everywhere."""


class FlagOut(Out, frozen=True):
    name: str
    note: str
    environments: list[str]
    percentage: int
    people: list[UUID]
    changed_at: datetime
    changed_by: UUID | None


class FlagsOut(Out, frozen=True):
    environment: flags.Environment
    """In which this house runs."""
    items: list[FlagOut]


class FlagsController(Controller):
    path = "/api/v1/admin/flags"
    tags = ("operations",)
    guards = (require(Permission.FLAGS_SET),)
    cache_control = _PRIVATE

    @get("/", operation_id="list_flags", summary="Feature flags by name")
    async def list_flags(self, uow: NamedDependency[UnitOfWork]) -> FlagsOut:
        return FlagsOut(uow.db.port(flags.Environment), [_flag(each) for each in await flags.flags(uow.session)])

    @put(
        "/{name:str}",
        operation_id="put_flag",
        summary="Make a feature flag, or say anew whom it is on for",
        description="People on the list have it everywhere; of all others `percentage` in a hundred, where the house "
        "runs in one of `environments`. Whoever has it keeps it when the share grows. `GET /api/v1/auth/me` shows it.",
    )
    async def put_flag(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        name: FromPath[str],
        data: JSONBody[FlagIn],
    ) -> FlagOut:
        made = _flag(await flags.put(uow.session, name, **msgspec.structs.asdict(data), by=principal.user_id))
        set_to: dict[str, object] = {
            "name": name,
            "environments": made.environments,
            "percentage": made.percentage,
            "people": len(made.people),
        }
        record_action(uow, Action.FLAG_SET, user_id=None, actor_id=principal.user_id, detail=set_to)
        return made

    @delete("/{name:str}", operation_id="remove_flag", summary="Remove a feature flag: it is off for everybody")
    async def remove_flag(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], name: FromPath[str]
    ) -> None:
        await flags.remove(uow.session, name)
        record_action(uow, Action.FLAG_REMOVED, user_id=None, actor_id=principal.user_id, detail={"name": name})


def _flag(flag: Flag) -> FlagOut:
    return msgspec.convert(flag._asdict(), FlagOut)
