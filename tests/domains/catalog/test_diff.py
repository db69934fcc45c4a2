"""What is other in one document than in another: everything, once, and nothing where nothing is."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.kinds import Translate
from domains.catalog.policy.diff import Change, diff
from factories.courses import courses
from factories.people import small_course

BASE = small_course()
[SECTION] = BASE.sections
[UNIT] = SECTION.units
FIRST, SECOND, READ = UNIT.lessons


def with_lessons(*lessons: Lesson) -> Course:
    return replace(BASE, sections=(replace(SECTION, units=(replace(UNIT, lessons=lessons),)),))


def told(before: Course, after: Course) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(each.kind, each.key, each.what, tuple(one.field for one in each.fields)) for each in diff(before, after)]


def seen(course: Course) -> Course:
    return replace(course, kept={})


@given(courses(), courses(), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_differs_is_told_and_nothing_else(one: Course, other: Course, same: bool) -> None:
    after = one if same else other
    changes = diff(one, after)
    assert bool(changes) == (seen(one) != seen(after))
    for change in changes:
        assert (change.what == "changed") == bool(change.fields)
    there = [(each.kind, each.key, each.what) for each in changes]
    assert len(there) == len(set(there)), "nothing is told twice"


@given(courses(), st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_small_change_anywhere_is_found(course: Course, data: st.DataObject) -> None:
    """Also where everything else stays: a title, an order, a lesson less."""
    lessons = list(course.lessons())
    lesson = data.draw(st.sampled_from(lessons))
    changes: list[Callable[[Lesson], Lesson | None]] = [
        lambda one: replace(one, title=one.title + "!"),
        lambda one: replace(one, preview=not one.preview),
        lambda one: replace(one, exercises=one.exercises[1:]) if one.exercises else None,
        lambda one: replace(one, exercises=one.exercises[::-1]) if len(one.exercises) > 1 else None,
        lambda one: None,
    ]
    change = data.draw(st.sampled_from(changes))

    def unit(one: Unit) -> Unit:
        found = (change(each) if each is lesson else each for each in one.lessons)
        return replace(one, lessons=tuple(each for each in found if each is not None))

    sections = tuple(replace(each, units=tuple(map(unit, each.units))) for each in course.sections)
    assert diff(course, replace(course, sections=sections))


def test_each_sort_of_change_is_called_what_it_is() -> None:
    renamed = replace(FIRST, title="Cats")
    assert told(BASE, with_lessons(renamed, SECOND, READ)) == [("lesson", "l0", "changed", ("title",))]
    assert told(BASE, with_lessons(SECOND, READ)) == [("lesson", "l0", "removed", ())]
    assert told(with_lessons(SECOND, READ), BASE) == [("lesson", "l0", "added", ())]
    assert [each.below for each in diff(BASE, with_lessons(SECOND, READ))] == [4]
    assert told(BASE, with_lessons(READ, FIRST, SECOND)) == [("lesson", "read", "moved", ())], "one moved, not two"
    assert told(BASE, replace(BASE, level="A1", kept={"gift": 1})) == [("course", "small", "changed", ("level",))]
    taken = FIRST.exercises[0]
    elsewhere = with_lessons(
        replace(FIRST, exercises=FIRST.exercises[1:]), replace(SECOND, exercises=(*SECOND.exercises, taken)), READ
    )
    [moved] = diff(BASE, elsewhere)
    assert (moved.what, moved.key, moved.path) == ("moved", taken.key, ("Start", "Animals", "Lesson 1"))


def exercise_changed(content: Translate) -> Change:
    exercises = tuple(
        Exercise(each.key, content) if isinstance(each.content, Translate) else each for each in FIRST.exercises
    )
    [change] = diff(BASE, with_lessons(replace(FIRST, exercises=exercises), SECOND, READ))
    return change


def test_a_question_that_changes_is_told_from_one_more_right_answer() -> None:
    more = exercise_changed(Translate("el pato", "es", "en", ("the duck", "the drake")))
    assert (more.other_question, [each.field for each in more.fields]) == (False, ["content.accepted"])
    assert more.fields[0].after == '["the duck","the drake"]'
    other = exercise_changed(Translate("el gato", "es", "en", ("the cat",)))
    assert (other.other_question, [each.field for each in other.fields]) == (
        True,
        ["content.text", "content.accepted"],
    )
    assert other.title == "el gato"


def test_what_comes_with_a_section_is_counted_and_not_listed() -> None:
    more = replace(BASE, sections=(*BASE.sections, Section("t", "More", (Unit("t/u", "U", (Lesson("x", "X"),)),))))
    [added] = diff(BASE, more)
    assert (added.what, added.key, added.below) == ("added", "t", 2)
    [removed] = diff(more, BASE)
    assert (removed.what, removed.below) == ("removed", 2)
