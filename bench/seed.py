"""Learners and sessions by SQL in bulk: what is measured is the work, not argon2 and not the preparation.

Tokens are signed with the server's own key, so they are as good as those of a login.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import jwt
import msgspec

from app.config import Settings
from app.infra import open_infra
from bench.keepalive import Connection, request
from bench.stand import BenchError, Stand
from domains.catalog import api as catalog
from domains.catalog.kinds import Content, MatchPairs, MultipleChoice, Translate, WordBank
from domains.identity.policy.sessions import ACCESS_LIFETIME
from domains.identity.service.keys import KeyRing
from domains.identity.service.tokens import signed
from domains.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Learner:
    id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class Work:
    """The lesson that everybody takes. `answers` holds one JSON answer per exercise; every fourth is wrong."""

    course_id: UUID
    lesson_id: UUID
    revision_id: UUID
    exercise_ids: list[UUID]
    answers: list[bytes]


class Seed:
    def __init__(self, sql: asyncpg.Connection, keys: KeyRing, issuer: str, work: Work) -> None:
        self.sql = sql
        self.work = work
        self._keys = keys
        self._issuer = issuer

    async def learners(self, count: int) -> list[Learner]:
        """Each with a login session of their own."""
        key = await self._keys.signing_key()
        now = datetime.now(UTC)
        users = [(new_id(), new_id()) for _ in range(count)]
        await self.sql.copy_records_to_table(
            "identity_user",
            columns=["id", "email", "name"],
            records=[(user, f"{user.hex}@bench.invalid", f"Learner {n}") for n, (user, _) in enumerate(users)],
        )
        await self.sql.copy_records_to_table(
            "identity_session",
            columns=["id", "user_id", "expires_at", "last_used_at"],
            records=[(session, user, now + timedelta(days=1), now) for user, session in users],
        )
        await self.sql.copy_records_to_table(
            "learning_hearts", columns=["user_id", "full_at"], records=[(user, now) for user, _ in users]
        )
        return [
            Learner(
                user,
                signed(
                    key, issuer=self._issuer, user_id=user, session_id=session, roles=frozenset({"learner"}), now=now
                )[0],
            )
            for user, session in users
        ]

    async def expiring(self, learner: Learner, in_s: float) -> tuple[Learner, float]:
        """The same learner with a token that lives so long, and when it ends: tokens know whole seconds."""
        key = await self._keys.signing_key()
        session = UUID(jwt.decode(learner.token, options={"verify_signature": False})["sid"])
        token, ends = signed(
            key,
            issuer=self._issuer,
            user_id=learner.id,
            session_id=session,
            roles=frozenset({"learner"}),
            now=datetime.now(UTC) + timedelta(seconds=in_s) - ACCESS_LIFETIME,
        )
        return Learner(learner.id, token), ends.timestamp()

    async def quiet(self, *, within_s: float = 120.0) -> None:
        """Returns when what follows from all that was prepared is done: facts are told in the background."""
        deadline = time.monotonic() + within_s
        while await self.sql.fetchval("SELECT count(*) FROM kernel_delivery WHERE state = 'pending'"):
            if time.monotonic() > deadline:
                raise BenchError(f"facts still wait to be told after {within_s:g} s")
            await asyncio.sleep(0.2)

    async def sessions(self, of: Sequence[tuple[UUID, UUID]], *, answered: Sequence[int] = ()) -> None:
        """Open sessions, given as (session, learner), with the first exercises of each `answered` already, or none.
        The foreign keys are checked as ever."""
        work = self.work
        counts = answered or [0] * len(of)
        await self.sql.copy_records_to_table(
            "learning_session",
            columns=[
                *("id", "user_id", "course_id", "lesson_id", "revision_id"),
                *("kind", "exercise_ids", "answered", "correct", "hearts"),
            ],
            records=[
                (
                    *(session, user, work.course_id, work.lesson_id, work.revision_id),
                    *("lesson", work.exercise_ids, count, count, 5),
                )
                for (session, user), count in zip(of, counts, strict=True)
            ],
        )


@asynccontextmanager
async def seeding(stand: Stand) -> AsyncGenerator[Seed]:
    settings = Settings.load({}, database_url=stand.database_url, redis_url=stand.redis_url)
    sql = await asyncpg.connect(stand.dsn)
    try:
        async with open_infra(settings, []) as infra:
            issuer = await _issuer(stand)
            revision_id = await sql.fetchval(
                "SELECT published_revision_id FROM catalog_course WHERE slug = $1", catalog.DEMO_SLUG
            )
            revision = await catalog.revision(infra.db, revision_id)
            yield Seed(sql, KeyRing(infra.db), issuer, _work(revision))
    finally:
        await sql.close()


async def _issuer(stand: Stand) -> str:
    """As the server writes it: learned from a real registration, which also makes the first signing key."""
    body = {"email": f"{new_id().hex}@bench.invalid", "name": "Bench", "password": new_id().hex}
    connection = await Connection.open(stand.host, stand.port)
    try:
        raw = await connection.call(request("POST", "/api/v1/auth/register", body=msgspec.json.encode(body)))
    finally:
        connection.close()
    token = msgspec.json.decode(raw)["access_token"]
    issuer: str = jwt.decode(token, options={"verify_signature": False})["iss"]
    return issuer


def _work(revision: catalog.RevisionContent) -> Work:
    lesson = next(lesson for lesson in revision.lessons.values() if len(lesson.exercises) >= 8)
    answers = [
        msgspec.json.encode(an_answer(exercise.content, right=place % 4 != 3))
        for place, exercise in enumerate(lesson.exercises)
    ]
    ids = [exercise.id for exercise in lesson.exercises]
    return Work(revision.course_id, lesson.id, revision.id, ids, answers)


def an_answer(content: Content, *, right: bool) -> object:
    """A right answer, or a plausible wrong one. Raises TypeError for kinds that are not in the demo course."""
    if isinstance(content, MultipleChoice):
        text = content.answer if right else next(option for option in content.options if option != content.answer)
        return next(option.id for option in content.prompt("").options if option.text == text)
    if isinstance(content, MatchPairs):
        rights = [right_ for _, right_ in content.pairs]
        shifted = rights if right else rights[1:] + rights[:1]
        return [[left, other] for (left, _), other in zip(content.pairs, shifted, strict=True)]
    if not isinstance(content, Translate | WordBank):
        raise TypeError(content.kind())
    sentence = content.accepted[0]
    if isinstance(content, Translate):
        return sentence if right else sentence[1:] + " tambien"
    words = sentence.split()
    return words if right else words[::-1]
