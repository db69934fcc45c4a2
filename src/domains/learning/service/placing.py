"""A placement on its way: its list of exercises grows by what its answers ask for. See `policy.placement`."""

from typing import NamedTuple
from uuid import UUID

from domains.catalog import api as catalog
from domains.kernel.uow import Database
from domains.learning.policy import placement
from domains.learning.policy.outline import Drill
from domains.learning.repository import SessionRecord, opened
from domains.learning.service.outlines import outline


class Standing(NamedTuple):
    """`exercise_ids` in the order asked; the last is open unless the placement `is_over`."""

    exercise_ids: list[UUID]
    is_over: bool
    skipped: list[UUID]
    """Lessons that need not be taken, as far as the answers say."""


def first_exercise(revision: catalog.RevisionContent, session_id: UUID) -> list[Drill]:
    found = placement.following(outline(revision), [], str(session_id))
    return [] if found is None else [found]


async def standing(
    db: Database, session_id: UUID, revision: catalog.RevisionContent, *, ask_on: bool = True
) -> Standing:
    """Where the placement is; with `ask_on` asks the next question if every one so far is answered, which whoever
    holds the session's row must not."""
    plan = outline(revision)
    drills = {drill.id: drill for drill in plan.drills}
    trail = await opened.trail(db, session_id)
    answers = [(drills[id_], right) for id_, right in trail if right is not None]
    asked = [id_ for id_, _ in trail]
    if len(answers) < len(trail):
        return Standing(asked, False, [])
    following = placement.following(plan, answers, str(session_id))
    if following is None:
        return Standing(asked, True, placement.skipped(plan, answers))
    if ask_on:
        await opened.append(db, session_id, following.id, len(asked))
    return Standing([*asked, following.id], False, [])


async def grown(
    db: Database, session_id: UUID, record: SessionRecord, revision: catalog.RevisionContent
) -> SessionRecord:
    found = await standing(db, session_id, revision)
    return record._replace(exercise_ids=found.exercise_ids)
