"""What is remembered of items: the log says what each answer was a review of; states are folded from it when read.

The ids of items are computed here as they were when this was written, whatever becomes of the code.
"""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031_schedule"
down_revision = "0030_sessions"
branch_labels = None
depends_on = None

_EDGES = " .,;:!?…¡¿。！？、\"'“”„«»"
_GOOD, _AGAIN = 3, 1


def upgrade() -> None:
    op.add_column(
        "learning_answer",
        sa.Column("item_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column(
        "learning_answer",
        sa.Column("ratings", postgresql.ARRAY(sa.SmallInteger()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.create_table(
        "learning_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        _moment("reviewed_at"),
        _person("learning_review"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["catalog_course.id"], name="fk_learning_review_course_id_catalog_course"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_learning_review"),
    )
    op.create_index("ix_learning_review_learner", "learning_review", ["user_id", "course_id"])
    op.create_table(
        "learning_schedule",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("retention", sa.Float(), nullable=False),
        sa.Column("parameters", postgresql.ARRAY(sa.Double())),
        sa.Column("balanced", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _person("learning_schedule"),
        sa.PrimaryKeyConstraint("user_id", name="pk_learning_schedule"),
    )
    op.create_table(
        "learning_item_state",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("stability", sa.Float(), nullable=False),
        sa.Column("difficulty", sa.Float(), nullable=False),
        _moment("due"),
        _moment("last_review"),
        sa.Column("reps", sa.Integer(), nullable=False),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("slips", sa.Integer(), nullable=False),
        sa.Column("last_correct", sa.Boolean(), nullable=False),
        sa.Column("phase", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.SmallInteger()),
        sa.Column("prior_stability", sa.Float()),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        _person("learning_item_state"),
        sa.PrimaryKeyConstraint("user_id", "course_id", "item_id", name="pk_learning_item_state"),
    )
    # Room on each page for the next version of its rows: no index but the key's has to follow them.
    op.execute("ALTER TABLE learning_item_state SET (fillfactor = 80)")
    _backfill(op.get_bind())


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["identity_user.id"], name=f"fk_{table}_user_id_identity_user", ondelete="CASCADE"
    )


def _backfill(connection: sa.Connection) -> None:
    used = sa.text("""
        SELECT id, course_id, content FROM catalog_revision r WHERE EXISTS (
            SELECT FROM learning_session s JOIN learning_answer a ON a.session_id = s.id WHERE s.revision_id = r.id)
    """)
    nodes = sa.text("SELECT key, id FROM catalog_node WHERE course_id = :course_id AND kind = 'exercise'")
    whole = sa.text("""
        UPDATE learning_answer a SET item_ids = :items,
            ratings = array_fill((CASE WHEN a.correct THEN 3 ELSE 1 END)::smallint, ARRAY[CAST(:many AS int)])
        FROM learning_session s
        WHERE s.id = a.session_id AND s.revision_id = :revision_id AND a.exercise_id = :exercise_id
    """).bindparams(sa.bindparam("items", type_=postgresql.ARRAY(sa.Uuid())))
    wrong = sa.text("""
        SELECT a.session_id, a.answer FROM learning_answer a JOIN learning_session s ON s.id = a.session_id
        WHERE s.revision_id = :revision_id AND a.exercise_id = :exercise_id AND NOT a.correct
    """)
    partly = sa.text("""
        UPDATE learning_answer SET ratings = :ratings WHERE session_id = :session_id AND exercise_id = :exercise_id
    """).bindparams(sa.bindparam("ratings", type_=postgresql.ARRAY(sa.SmallInteger())))
    for revision_id, course_id, stored in connection.execute(used).all():
        course = json.loads(stored)
        ids = dict(connection.execute(nodes, {"course_id": course_id}).all())
        for key, content in _exercises(course):
            here = {"revision_id": revision_id, "exercise_id": ids[key]}
            items = _items(course_id, _texts(content, course["target_language"]))
            connection.execute(whole, {**here, "items": items, "many": len(items)})
            if content["kind"] != "match_pairs":
                continue
            for session_id, answer in connection.execute(wrong, here).all():
                given = json.loads(answer)
                wrongly = [pair for pair in content["pairs"] if pair not in given] or content["pairs"]
                missed = _items(course_id, _texts({**content, "pairs": wrongly}, course["target_language"]))
                ratings = [_AGAIN if item in missed else _GOOD for item in items]
                row = {"session_id": session_id, "exercise_id": ids[key], "ratings": ratings}
                connection.execute(partly, row)
    # Nothing has been folded yet: whoever reads a state of these folds it then.
    connection.execute(
        sa.text("""
        INSERT INTO learning_item_state
            (user_id, course_id, item_id, stability, difficulty, due, last_review, reps, lapses, slips, last_correct,
             phase, rules, missed)
        SELECT s.user_id, s.course_id, item_id, 0, 0, max(a.answered_at), max(a.answered_at), 0, 0, 0, false, 2, 0, 1
        FROM learning_session s JOIN learning_answer a ON a.session_id = s.id, unnest(a.item_ids) AS item_id
        GROUP BY s.user_id, s.course_id, item_id
    """)
    )


def _exercises(course: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for section in course["sections"]:
        for unit in section["units"]:
            for lesson in unit["lessons"]:
                for exercise in lesson.get("exercises", ()):
                    yield exercise["key"], exercise["content"]


def _texts(content: dict[str, Any], target: str) -> list[str]:
    kind, asked = content["kind"], content["language"]
    if kind == "match_pairs":
        if target in (asked, content["right_language"]):
            return [pair[0 if asked == target else 1] for pair in content["pairs"]]
        return [f"{kind}:{asked}:{'|'.join(left for left, _ in content['pairs'])}"]
    if target == asked:
        return [content["text"]]
    if target == content.get("answer_language", content.get("option_language")):
        return [content["answer"] if kind == "multiple_choice" else content["accepted"][0]]
    return [f"{kind}:{asked}:{content['text']}"]


def _items(course_id: UUID, texts: list[str]) -> list[UUID]:
    normal = dict.fromkeys(_normal(text) for text in texts)
    return [uuid5(course_id, f"item:{text}") for text in normal]


def _normal(text: str) -> str:
    folded = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return folded.strip(_EDGES) or folded


def downgrade() -> None:
    op.drop_table("learning_item_state")
    op.drop_table("learning_schedule")
    op.drop_index("ix_learning_review_learner", "learning_review")
    op.drop_table("learning_review")
    op.drop_column("learning_answer", "ratings")
    op.drop_column("learning_answer", "item_ids")
