"""Accepted answers with groups: what they stand for, and what is said about those that cannot be read."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.catalog.formats import lyceum
from domains.catalog.formats.report import Report
from domains.catalog.policy import groups
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.lexicon import lexicon

NOTHING = lexicon([])

# A node is a word, or (brackets, alternatives), each a list of nodes.
WORDS = st.sampled_from(["uno", "dos", "tres", "cuatro"])
NODES = st.recursive(
    WORDS,
    lambda inner: st.tuples(
        st.sampled_from(["()", "{}", "[]"]), st.lists(st.lists(inner, min_size=1, max_size=2), min_size=1, max_size=3)
    ),
    max_leaves=8,
)
Node = str | tuple[str, list[list["Node"]]]


def written(node: Node) -> str:
    if isinstance(node, str):
        return node
    (opening, closing), branches = node
    return opening + "/".join(" ".join(map(written, branch)) for branch in branches) + closing


def ways(nodes: list[Node]) -> set[tuple[str, ...]]:
    """All that a list of nodes stands for: what the lattice never writes out."""
    found: set[tuple[str, ...]] = {()}
    for node in nodes:
        if isinstance(node, str):
            mine = {(node,)}
        else:
            brackets, branches = node
            mine = set().union(*map(ways, branches))
            if brackets == "()" or len(branches) == 1:
                mine.add(())
        found = {(*one, *other) for one in found for other in mine}
    return found


@given(st.lists(NODES, min_size=1, max_size=3), st.lists(WORDS, min_size=1, max_size=6))
def test_a_text_is_exact_if_and_only_if_the_groups_stand_for_it(nodes: list[Node], other: list[str]) -> None:
    text = " ".join(map(written, nodes))
    if groups.problems(text):
        return
    all_ways = ways(nodes)
    for way in [*sorted(all_ways)[:2], tuple(other)]:
        if way:
            grade = grade_text(" ".join(way), (text,), "xx", NOTHING)
            assert (grade.verdict == "exact") == (way in all_ways), (text, way, grade)


@given(st.text("ab (){}[]/\\\\.1", max_size=40))
def test_any_text_can_be_read_and_shown(text: str) -> None:
    assert groups.parse(text) == ((text,) if groups.problems(text) else groups.parse(text))
    shown = groups.plain(text)
    assert groups.problems(text) == [] or shown == text
    assert all(1 <= problem.position <= len(text) for problem in groups.problems(text))


@pytest.mark.parametrize(
    ("text", "plain", "shortest"),
    [
        ("(yo) hablo", "yo hablo", "hablo"),
        ("hablo (muy) bien (hoy).", "hablo muy bien hoy.", "hablo bien."),
        ("{con mi/con la} familia", "con mi familia", "con mi familia"),
        ("niñ{o/a}s", "niños", "niños"),
        ("el gato / la gata", "el gato", "el gato"),
        ("¿el/la?", "¿el?", "¿el?"),
        ("24/7", "24/7", "24/7"),
        ("a\\/b", "a/b", "a/b"),
        ("l'{eau/air}", "l'eau", "l'eau"),
        ("(abierto", "(abierto", "(abierto"),
    ],
)
def test_one_way_to_say_it_is_shown(text: str, plain: str, shortest: str) -> None:
    assert (groups.plain(text), groups.shortest(text)) == (plain, shortest)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("un (gato", 4, "is not closed"),
        ("un gato)", 8, "closes nothing"),
        ("un {gato)", 9, "closes nothing"),
        ("un () gato", 4, "no word"),
        ("(" * 9 + "a" + ")" * 9, 7, "nest more than"),
        ("(a) " * 50, 161, "more than 40 groups"),
        ("a" + "{b/c}" * 9, 1, "more than 64 forms"),
    ],
)
def test_what_cannot_be_read_is_literal_and_said_with_its_place(text: str, position: int, message: str) -> None:
    [problem] = groups.problems(text)
    assert problem.position == position
    assert message in problem.message
    assert groups.plain(text) == text
    assert grade_text(text, (text,), "es", NOTHING).expected == text


COURSE = """
lyceum: 1
course: {slug: small, title: Small, learning: es, from: en}
sections:
  - key: one
    title: One
    units:
      - key: first
        title: First
        lessons:
          - key: talk
            title: Talk
            words:
              - {es: "el/la cantante", en: "the singer"}
              - {es: "el gato", en: "the cat"}
              - {es: "el pan", en: "the bread"}
            sentences:
              - es:
                  - "(yo) hablo español"
                  - "(yo hablo castellano"
                en: "I speak Spanish"
            exercises:
              - {kind: translate, text: "I eat", accepted: ["como", "yo) como"]}
              - {kind: cloze, text: "Yo ___ pan", gaps: [["como"]]}
"""


def test_an_import_says_which_groups_it_does_not_understand() -> None:
    report = Report()
    assert lyceum.read_string(COURSE, "course.yaml", report) is not None
    assert [(remark.severity, remark.line, remark.message[:21]) for remark in report.remarks] == [
        ("warning", 23, "this `)` closes nothi"),
        ("warning", 20, "this `(` is not close"),
    ]


def test_learners_are_shown_no_brackets() -> None:
    report = Report()
    course = lyceum.read_string(
        COURSE[: COURSE.index("            exercises:")].replace("(yo hablo", "yo hablo"), "c", report
    )
    assert course is not None
    assert not report.remarks
    for exercise in course.exercises():
        shown = msgspec.to_builtins(exercise.content.prompt("any"))
        assert not set("(){}/") & set("".join(_strings(shown)))


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    return [text for inner in value for text in _strings(inner)] if isinstance(value, list) else [str(value)]
