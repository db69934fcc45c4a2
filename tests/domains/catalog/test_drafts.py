"""Courses as the rows that authors change: taken apart, changed and put together again. No database."""

from dataclasses import replace
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.catalog.checks import checks
from domains.catalog.content import Course, Exercise, Lesson, Section, Unit, encode
from domains.catalog.drafts import ABOVE, Branch, Stored, Tree, assembled, decoded, taken_apart
from domains.catalog.errors import KeyTaken, NodeGone, NotThere
from domains.catalog.schemas import authoring
from domains.kernel.errors import AppError
from factories.courses import courses
from factories.people import small_course


def stored(course: Course) -> tuple[bytes, list[Stored]]:
    body, parts = taken_apart(course)
    ids = [uuid4() for _ in parts]
    return body, [
        Stored(own, None if part.parent is None else ids[part.parent], part.kind, part.body)
        for own, part in zip(ids, parts, strict=True)
    ]


def tree_of(course: Course) -> Tree:
    branches: dict[UUID, Branch] = {}
    ids: list[UUID] = []
    for part in taken_apart(course)[1]:
        parent = None if part.parent is None else ids[part.parent]
        ids.append(uuid4())
        branches[ids[-1]] = Branch(
            ids[-1], parent, part.kind, part.key, part.position, 1, part.title, part.form, body=part.body
        )
    return Tree(branches)


def course_of(tree: Tree) -> Course:
    there = [each for each in tree.branches.values() if each.deleted_with is None]
    rows = [
        Stored(each.id, each.parent_id, each.kind, each.body or b"")
        for each in sorted(there, key=lambda each: each.position)
    ]
    return assembled(taken_apart(small_course())[0], rows)


def find(tree: Tree, kind: str, key: str) -> UUID:
    return next(each.id for each in tree.branches.values() if (each.kind, each.key) == (kind, key))


@settings(max_examples=15, deadline=None)
@given(courses())
def test_a_course_that_was_taken_apart_is_put_together_as_the_same_bytes(course: Course) -> None:
    body, rows = stored(course)
    assert encode(assembled(body, rows)) == encode(course)
    assert encode(assembled(body, sorted(rows, key=lambda row: ("section", *ABOVE).index(row.kind)))) == encode(course)


def test_what_authors_send_has_every_field_of_the_document() -> None:
    pairs = (
        (Section, {"key", "units"}, authoring.SectionFields, authoring.SectionPatch),
        (Unit, {"key", "lessons"}, authoring.UnitFields, authoring.UnitPatch),
        (Lesson, {"key", "exercises"}, authoring.LessonFields, authoring.LessonPatch),
        (Exercise, {"key"}, authoring.ExerciseFields, authoring.ExercisePatch),
        (Course, {"slug", "sections", "kept"}, authoring.CourseFields, authoring.CoursePatch),
    )
    for node, own, *forms in pairs:
        for form in forms:
            assert set(form.__struct_fields__) == set(node.__struct_fields__) - own, form


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_is_done_to_a_tree_it_stays_a_tree(data: st.DataObject) -> None:
    tree = tree_of(small_course())
    ids = sorted(tree.branches, key=lambda each: list(tree.branches).index(each))
    for _ in range(data.draw(st.integers(1, 12))):
        node, other = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from([*ids, None]))
        place = data.draw(st.one_of(st.none(), st.integers(0, 5)))
        act = data.draw(st.sampled_from(("move", "delete", "restore", "turn")))
        before = {each: replace(branch) for each, branch in tree.branches.items()}
        try:
            match act:
                case "move":
                    tree.move(node, other, place)
                case "delete":
                    tree.delete(node)
                case "restore":
                    tree.restore(node)
                case "turn":
                    tree.reorder(other, tuple(reversed(tree.children(other))))
        except AppError:
            assert tree.branches == before, "what is refused changes nothing"
    there = {each.id: each for each in tree.branches.values() if each.deleted_with is None}
    for each in there.values():
        assert each.parent_id is None or each.parent_id in there
        assert (None if each.parent_id is None else there[each.parent_id].kind) == ABOVE[each.kind]
        siblings = [there[child].position for child in tree.children(each.parent_id)]
        assert siblings == list(range(len(siblings))), "what is shown as its place is where it can be moved to"
    assert sum(1 for _ in course_of(tree).exercises()) == sum(each.kind == "exercise" for each in there.values())


def test_a_deleted_node_comes_back_with_what_went_with_it_and_not_with_what_went_before() -> None:
    tree = tree_of(small_course())
    before = course_of(tree)
    lesson, unit = find(tree, "lesson", "l0"), find(tree, "unit", "s/u")
    exercise = find(tree, "exercise", "l0/choose")
    tree.delete(exercise)
    without = course_of(tree)
    tree.delete(unit)
    assert list(course_of(tree).lessons()) == []
    with pytest.raises(NodeGone):
        tree.restore(lesson)
    with pytest.raises(NotThere, match="restore that first"):
        tree.restore(exercise)
    tree.restore(unit)
    assert course_of(tree) == without
    tree.restore(exercise)
    tree.move(exercise, lesson, 0)
    assert course_of(tree) == before


def test_moving_counts_places_as_they_are_afterwards() -> None:
    tree = tree_of(small_course(lessons=3))
    unit = find(tree, "unit", "s/u")
    tree.move(find(tree, "lesson", "l0"), unit, 2)
    assert [tree.branches[each].key for each in tree.children(unit)] == ["l1", "l2", "l0", "read"]
    tree.move(find(tree, "lesson", "read"), unit, 0)
    tree.move(find(tree, "lesson", "l1"), unit, 999)
    assert [tree.branches[each].key for each in tree.children(unit)] == ["read", "l2", "l0", "l1"]


def test_what_stands_wrong_or_twice_is_refused_by_name() -> None:
    tree = tree_of(small_course())
    unit, lesson = find(tree, "unit", "s/u"), find(tree, "lesson", "l0")
    with pytest.raises(NotThere, match="a unit stands in a section, not in a lesson"):
        tree.move(unit, lesson, None)
    with pytest.raises(NotThere, match="a lesson stands in a unit, not in a course"):
        tree.move(lesson, None, None)
    with pytest.raises(NotThere, match="every child once"):
        tree.reorder(unit, (lesson, lesson))
    again = replace(tree.branches[lesson], id=uuid4())
    with pytest.raises(KeyTaken, match="`l0`"):
        tree.insert(again, None)


def test_an_author_reads_what_is_missing_and_where() -> None:
    course = Course(
        "small",
        "Small",
        "en",
        "es",
        (Section("empty", "Empty", ()), Section("s", "S", (Unit("none", "N", ()), Unit("u", "", (Lesson("l", "L"),))))),
        prerequisites=("small",),
    )
    assert {(each.kind, each.key, each.message) for each in checks(course)} == {
        ("course", "", "the course has no exercise"),
        ("course", "", "the course is its own prerequisite"),
        ("section", "empty", "the section has no unit"),
        ("unit", "none", "the unit has no lesson"),
        ("unit", "u", "the title `` is empty or too long"),
        ("lesson", "l", "the lesson is empty: it has neither exercises nor a text"),
    }


def test_a_stored_body_that_is_no_node_is_told_by_its_field() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.title"):
        decoded("unit", b'{"key": "u", "title": 1, "lessons": []}')
