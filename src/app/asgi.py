"""The process, put together in the order in which it is read here and stopped in the reverse order.

infra      PostgreSQL, Redis (embedded ones are started)
schema     at the head, or brought there where we own the database
realtime   actors and sockets
dispatcher facts to screens, streams and jobs
worker     jobs, unless `lyceum worker` does them elsewhere
"""

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from app import registry, telemetry
from app.config import Settings
from app.dispatcher import Dispatcher
from app.docs import document_routes, openapi_config
from app.edge import MOST_BODY_BYTES, Edge
from app.health import HealthController
from app.hot import HotRoutes
from app.infra import Infra, open_infra
from app.limits import Limits
from app.live import realtime_ports, realtime_settings
from app.mount import Mount
from app.operations import FiguresController, FlagsController, JobsController
from app.preparation import prepare
from app.problems import HANDLERS
from app.tasks import end, forever
from app.web import policy_of, web_routes
from app.worker import Deliveries, run_by_the_clock, work_forever
from domains.billing.api import Providers
from domains.gamification.api import Boards
from domains.identity import guards
from domains.identity.api import Authenticator
from domains.identity.events import RolesChanged, SessionsRevoked
from domains.kernel.events import Event
from domains.kernel.uow import Database, Subscription, UnitOfWork
from realtime.events import EventsController
from realtime.hub import Realtime
from realtime.polls import Polls

log = logging.getLogger(__name__)

OpenInfra = Callable[[Settings, Sequence[Subscription]], AbstractAsyncContextManager[Infra]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running process is made of; tests and health look at it through `app.state.parts`."""

    infra: Infra
    authenticator: Authenticator
    boards: Boards
    realtime: Realtime
    dispatcher: Dispatcher
    deliveries: Deliveries


def create_app(
    settings: Settings | None = None,
    *,
    infra: OpenInfra = open_infra,
    background: bool = True,
    mount: Mount | None = None,
) -> Litestar:
    """The application. `background=False` starts no loop that dispatches or works: a test turns the crank itself.

    `mount` is where sockets come in; a server that knows it hands them over itself.
    """
    settings = settings or Settings.load()
    telemetry.configure_logging(settings)
    sockets = mount or Mount()
    app = Litestar(
        route_handlers=[
            *_routes(),
            HealthController,
            JobsController,
            FiguresController,
            FlagsController,
            *document_routes(production=settings.production),
            *web_routes(policy_of(settings.origins)),
            sockets.route(),
        ],
        lifespan=[lambda app: _running(app, settings, infra, sockets, background=background)],
        dependencies={
            "uow": Provide(provide_uow),
            "db": Provide(provide_db, sync_to_thread=False),
            "infra": Provide(provide_infra, sync_to_thread=False),
            "settings": Provide(provide_settings, sync_to_thread=False),
            "boards": Provide(provide_boards, sync_to_thread=False),
            "realtime": Provide(provide_realtime, sync_to_thread=False),
            "polls": Provide(provide_polls, sync_to_thread=False),
            **guards.DEPENDENCIES,
        },
        middleware=[guards.AuthenticationMiddleware],
        exception_handlers=HANDLERS,
        cors_config=CORSConfig(
            allow_origins=settings.origins,
            # For the cookie of a refresh token; origins are exact, and no other call looks at cookies.
            allow_credentials=True,
            expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"],
            max_age=600,
        ),
        openapi_config=openapi_config(production=settings.production),
        request_max_body_size=MOST_BODY_BYTES,
        debug=False,
    )
    hot = HotRoutes(app.asgi_handler, app, origins=settings.origins)
    edge = Edge(hot, https=settings.public_url.startswith("https://"))
    app.asgi_handler = telemetry.traced(edge, settings)
    return app


def _routes() -> list[ControllerRouterHandler]:
    return [*(route for domain in registry.DOMAINS for route in domain.routes), EventsController]


@asynccontextmanager
async def _running(
    app: Litestar, settings: Settings, infra: OpenInfra, sockets: Mount, *, background: bool
) -> AsyncGenerator[None]:
    async with infra(settings, registry.subscriptions()) as opened:
        await prepare(opened.settings, owned=settings.embedded and not settings.database_url, report=log.info)
        if not opened.db.port(Providers).names:
            log.warning("no payment provider is set up, so nothing can be sold; `lyceum doctor` says what to set")
        parts = _assemble(opened, mark=sockets.mark)
        app.state.parts = parts
        app.state[guards.AUTHENTICATOR] = parts.authenticator
        app.state[guards.WEB_ORIGINS] = frozenset(opened.settings.origins)
        app.state[guards.LIMITER] = Limits(opened.settings, opened.redis)
        sockets.open(parts.realtime)
        opened.db.committed = parts.dispatcher.committed
        await parts.realtime.start()
        # What lives from here to the end need not be looked at by the collector again and again. The house makes next
        # to no cycles, so what is new is looked at in small portions, whose pauses nobody feels, and all of it rarely:
        # with thousands of sockets that stops the loop for a fifth of a second.
        gc.collect()
        gc.freeze()
        gc.set_threshold(2_000, 4, 2_500)
        tasks = _start_background(parts) if background else []
        try:
            yield
        finally:
            await end(tasks)
            if background:
                await parts.dispatcher.stop()
            await parts.realtime.stop()


def _assemble(infra: Infra, *, mark: str) -> Parts:
    authenticator = Authenticator(infra.db, issuer=infra.settings.public_url)
    boards = Boards(infra.db, infra.redis)
    realtime = Realtime(
        infra.redis, realtime_ports(infra.db, authenticator, boards), realtime_settings(infra.settings, mark=mark)
    )

    async def views(facts: Sequence[Event]) -> None:
        for fact in facts:
            if isinstance(fact, SessionsRevoked):
                for session_id in fact.session_ids:
                    authenticator.forget_session(session_id)
            elif isinstance(fact, RolesChanged):
                authenticator.forget_user(fact.user_id)
        await boards.project(facts)

    dispatcher = Dispatcher(infra.db, infra.redis, registry.events(), screens=realtime.deliver, views=views)
    return Parts(infra, authenticator, boards, realtime, dispatcher, Deliveries(infra.db, infra.redis))


def _start_background(parts: Parts) -> list[asyncio.Task[None]]:
    parts.dispatcher.start()
    if not parts.infra.settings.embedded_worker:
        return []
    loops: dict[str, Callable[[], Awaitable[None]]] = {
        "worker": lambda: work_forever(parts.deliveries, parts.infra.redis),
        "job sweep": parts.deliveries.sweep_forever,
        **{job.name: partial(run_by_the_clock, parts.infra.db, job) for job in registry.jobs()},
    }
    return [asyncio.create_task(forever(name, loop)) for name, loop in loops.items()]


async def provide_uow(state: State) -> AsyncGenerator[UnitOfWork]:
    """One transaction per request: it commits before the answer is sent, so a failed commit is an error answer."""
    async with state.parts.infra.db.begin() as uow:
        yield uow


def provide_db(state: State) -> Database:
    db: Database = state.parts.infra.db
    return db


def provide_infra(state: State) -> Infra:
    infra: Infra = state.parts.infra
    return infra


def provide_settings(state: State) -> Settings:
    settings: Settings = state.parts.infra.settings
    return settings


def provide_boards(state: State) -> Boards:
    boards: Boards = state.parts.boards
    return boards


def provide_realtime(state: State) -> Realtime:
    realtime: Realtime = state.parts.realtime
    return realtime


def provide_polls(state: State) -> Polls:
    polls: Polls = state.parts.realtime.polls
    return polls
