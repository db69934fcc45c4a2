"""Compares a journal with the database: was everything that the server acknowledged kept, once and as it was said?

The statements here are written anew on purpose: a check that asked the code under suspicion would prove little.
"""

from collections.abc import Sequence

import msgspec

from app.demo.journal import AnswerAcknowledged, CompletionAcknowledged, Entry
from app.infra import Infra
from domains.gamification import api as gamification
from domains.kernel.uow import Database

_ANSWERS = """
    SELECT session_id::text, exercise_id::text, key, verdict FROM learning_answer WHERE session_id = ANY($1::uuid[])
"""
_COUNTS = """
    SELECT s.id::text, s.answered, count(a.*)::int AS stored
    FROM learning_session s LEFT JOIN learning_answer a ON a.session_id = s.id
    WHERE s.id = ANY($1::uuid[]) GROUP BY s.id
"""
_XP = """
    SELECT substr(cause, 8) AS session_id, user_id::text, amount, xp_total_after
    FROM gamification_xp_entry WHERE cause = ANY($1::text[])
"""
AT_ONCE = 1_000


class Verified(msgspec.Struct, frozen=True):
    answers: int
    completions: int
    differences: list[str]


async def verify(infra: Infra, acknowledged: Sequence[Entry]) -> Verified:
    answers = [entry for entry in acknowledged if isinstance(entry, AnswerAcknowledged)]
    completions = [entry for entry in acknowledged if isinstance(entry, CompletionAcknowledged)]
    differences = [
        *await _answer_differences(infra.db, answers),
        *await _xp_differences(infra.db, completions),
        *await gamification.check_ledger(infra.db, infra.redis),
    ]
    return Verified(len(answers), len(completions), differences)


async def _answer_differences(db: Database, answers: Sequence[AnswerAcknowledged]) -> list[str]:
    sessions = sorted({answer.session_id for answer in answers})
    stored: dict[tuple[str, str], list[tuple[str, str]]] = {}
    differences = []
    for start in range(0, len(sessions), AT_ONCE):
        some = sessions[start : start + AT_ONCE]
        for row in await db.fetch(_ANSWERS, some):
            stored.setdefault((row["session_id"], row["exercise_id"]), []).append((row["key"], row["verdict"]))
        differences += [
            f"session {row['id']}: counts {row['answered']} answers, has {row['stored']}"
            for row in await db.fetch(_COUNTS, some)
            if row["answered"] != row["stored"]
        ]
    for answer in answers:
        found = stored.get((answer.session_id, answer.exercise_id), [])
        if found != [(answer.key, answer.verdict)]:
            differences.append(
                f"answer of session {answer.session_id}, exercise {answer.exercise_id}: acknowledged as "
                f"{answer.verdict} with key {answer.key}, stored {found or 'nowhere'}"
            )
    return differences


async def _xp_differences(db: Database, completions: Sequence[CompletionAcknowledged]) -> list[str]:
    entries: dict[str, list[tuple[str, int, int]]] = {}
    for start in range(0, len(completions), AT_ONCE):
        causes = [f"lesson:{completion.session_id}" for completion in completions[start : start + AT_ONCE]]
        for row in await db.fetch(_XP, causes):
            entries.setdefault(row["session_id"], []).append((row["user_id"], row["amount"], row["xp_total_after"]))
    return [
        f"completion of session {completion.session_id}: acknowledged {completion.xp_earned} XP, "
        f"{completion.xp_total} in all, in the ledger {found or 'nothing'}"
        for completion in completions
        if (found := entries.get(completion.session_id, []))
        != [(completion.user_id, completion.xp_earned, completion.xp_total)]
    ]
