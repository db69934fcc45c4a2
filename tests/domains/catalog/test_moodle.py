"""Moodle's XML there and back: what it can say comes back the same, and what it cannot is told."""

import base64
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.catalog import formats
from domains.catalog.content import Course
from domains.catalog.formats import Loaded, Options, moodle, moodle_writer
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.report import Report
from domains.catalog.kinds import (
    Cloze,
    Content,
    Essay,
    MatchPairs,
    MultipleChoice,
    MultipleResponse,
    Numeric,
    Order,
    ShortAnswer,
    TrueFalse,
)
from domains.catalog.kinds.assets import Audio, Image
from factories.courses import courses

SAYABLE = (
    "multiple_choice",
    "multiple_response",
    "true_false",
    "short_answer",
    "numeric",
    "match_pairs",
    "order",
    "cloze",
    "essay",
)
PNG, MP3 = b"\x89PNG\r\n\x1a\n", b"ID3 said"


def load(raw: str | bytes, **options: str) -> tuple[Loaded | None, Report]:
    report = Report()
    with NamedTemporaryFile(suffix=".xml") as file:
        file.write(raw if isinstance(raw, bytes) else raw.encode())
        file.flush()
        return moodle.read(Path(file.name), report, Options(**{"target_language": "en", **options})), report


def question(kind: str, inner: str, text: str = "<p>What?</p>", form: str = "html") -> str:
    return (
        f'<quiz>\n<question type="{kind}">\n<name><text>Q one</text></name>\n'
        f'<questiontext format="{form}"><text><![CDATA[{text}]]></text></questiontext>\n{inner}\n</question></quiz>'
    )


def answers(*given: tuple[str, str, str]) -> str:
    return "".join(
        f'<answer fraction="{share}" format="html"><text>{text}</text><feedback><text>{said}</text></feedback></answer>'
        for share, text, said in given
    )


READ = [
    (
        question("multichoice", f"<single>true</single>{answers(('100', 'a', 'Y'), ('50', 'b', ''), ('0', 'c', 'N'))}"),
        MultipleChoice("What?", "en", "en", ("a", "b", "c"), "a", {"b": 0.5}, {"a": "Y", "c": "N"}),
    ),
    (
        question("multichoice", f"<single>false</single>{answers(('50', 'a', ''), ('50', 'b', ''), ('-50', 'c', ''))}"),
        MultipleResponse("What?", "en", "en", ("a", "b", "c"), ("a", "b")),
    ),
    (
        question("truefalse", answers(("0", "true", "No."), ("100", "false", ""))),
        TrueFalse("What?", "en", False, "No."),
    ),
    (
        question("shortanswer", f"<usecase>1</usecase>{answers(('100', 'A (b)', ''), ('50', '*c*', 'Hm'))}"),
        ShortAnswer("What?", "en", "en", ("A \\(b\\)",), True, {"*c*": 0.5}, {"*c*": "Hm"}),
    ),
    (
        question(
            "numerical",
            '<answer fraction="100"><text>12.5</text><tolerance>0.5</tolerance></answer>'
            "<units><unit><multiplier>1000</multiplier><unit_name>m</unit_name></unit>"
            "<unit><multiplier>1</multiplier><unit_name>km</unit_name></unit></units>",
        ),
        Numeric("What?", "en", Decimal("12.5"), Decimal("0.5"), "km", {"m": Decimal("0.001")}),
    ),
    (
        question(
            "matching",
            "<subquestion><text>cat</text><answer><text>gato</text></answer></subquestion>"
            "<subquestion><text>dog</text><answer><text>perro</text></answer></subquestion>",
        ),
        MatchPairs("en", "en", (("cat", "gato"), ("dog", "perro")), text="What?"),
    ),
    (
        question("essay", "<minwordlimit>5</minwordlimit><graderinfo><text>So.</text></graderinfo>"),
        Essay("What?", "en", "en", 5, model="So."),
    ),
    (
        question("ordering", answers(("2.0", "two", ""), ("1.0", "one", ""), ("3.0", "three", ""))),
        Order("What?", "en", "en", ("one", "two", "three")),
    ),
    (
        question("multianswer", "", "<p>A {1:SHORTANSWER:=cat~=kitten} and {:SA:%100%do\\}g~x}.</p>"),
        Cloze("A ___ and ___.", "en", (("cat", "kitten"), ("do\\}g",))),
    ),
    (
        question("multianswer", "", "A {1:MULTICHOICE:=cat~dog} and {1:MC_VS:x~=y}."),
        Cloze("A ___ and ___.", "en", (("cat",), ("y",)), (("cat", "dog"), ("x", "y"))),
    ),
    (
        question(
            "gapselect",
            "".join(
                f"<selectoption><text>{text}</text><group>{group}</group></selectoption>"
                for text, group in (("cat", 1), ("dog", 1), ("runs", 2), ("ran", 2))
            ),
            "The [[1]] [[4]].",
        ),
        Cloze("The ___ ___.", "en", (("cat",), ("ran",)), (("cat", "dog"), ("runs", "ran"))),
    ),
]


@pytest.mark.parametrize(("text", "content"), READ)
def test_a_question_is_read_as_moodle_means_it(text: str, content: Content) -> None:
    loaded, report = load(text)
    assert loaded is not None
    assert report.remarks == []
    assert [exercise.content for exercise in loaded.course.exercises()] == [content]


WHOLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<quiz>
<question type="category"><category><text>$course$/top/History/Spain</text></category></question>
<question type="description"><name><text>About</text></name>
 <questiontext format="html"><text>&lt;p&gt;Read &lt;b&gt;this&lt;/b&gt;.&lt;/p&gt;</text></questiontext></question>
<question type="shortanswer"><name><text>A cat</text></name>
 <questiontext format="html"><text><![CDATA[<p>Who?<br><img src="@@PLUGINFILE@@/my%20cat.png" alt="A cat"></p>]]></text>
  <file name="my cat.png" path="/" encoding="base64">{base64.b64encode(PNG).decode()}</file>
  <file name="said.mp3" path="/" encoding="base64">{base64.b64encode(MP3).decode()}</file></questiontext>
 <generalfeedback format="html"><text><![CDATA[<p>It <em>is</em>.</p>]]></text></generalfeedback>
 <defaultgrade>2</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden><idnumber>cat-1</idnumber>
 <answer fraction="100"><text>cat</text></answer>
 <hint format="html"><text>It purrs.</text></hint><tags><tag><text>animals</text></tag></tags></question>
<question type="calculated"><name><text>Sum</text></name></question>
</quiz>"""


def test_files_hints_tags_and_feedback_find_their_places_and_the_rest_is_told() -> None:
    loaded, report = load(WHOLE)
    assert loaded is not None
    (lesson,) = loaded.course.lessons()
    (exercise,) = lesson.exercises
    assert (lesson.title, lesson.text) == ("Spain", "Read **this**.")
    assert exercise.content == ShortAnswer("Who?", "en", "en", ("cat",))
    assert (exercise.image, exercise.audio) == (Image(ref_of(PNG), "A cat"), Audio(ref_of(MP3)))
    assert (exercise.key, exercise.explanation) == ("cat-1", "It *is*.")
    assert (exercise.hints, exercise.skills) == (("It purrs.",), ("animals",))
    assert loaded.media == {ref_of(PNG): PNG, ref_of(MP3): MP3}
    assert [(remark.line, remark.message) for remark in report.remarks] == [
        (14, "`Sum`: questions of the type `calculated` are not supported: left out"),
        (1, "`<defaultgrade>` of 1 question was left out"),
    ]


def test_files_go_back_into_the_xml() -> None:
    loaded, _ = load(WHOLE)
    assert loaded is not None
    written, report = formats.write(loaded.course, "moodle", loaded.media)
    assert written is not None
    assert report.remarks == []
    again, report = load(written.body, title=loaded.course.title, slug=loaded.course.slug)
    assert report.remarks == []
    assert again == loaded


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(courses(SAYABLE, rich=False, one_language=True))
def test_what_moodle_can_say_of_a_course_comes_back_the_same(course: Course) -> None:
    told = Report()
    raw = moodle_writer.write(course, told, {}).body
    loaded, report = load(raw, slug=course.slug, title=course.title)
    assert loaded is not None, report.remarks
    left_out = {remark.file for remark in told.of("warning")}
    expected = {one.key: one.content for one in course.exercises() if one.key not in left_out}
    assert {one.key: one.content for one in loaded.course.exercises()} == expected
    assert loaded.course == course or left_out


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(courses(SAYABLE, one_language=True))
def test_what_goes_with_questions_comes_back_with_them(course: Course) -> None:
    loaded, _ = load(moodle_writer.write(course, Report(), {}).body)
    assert loaded is not None
    before = {one.key: (one.explanation, one.skills, one.hints) for one in course.exercises()}
    after = {one.key: (one.explanation, one.skills, one.hints) for one in loaded.course.exercises()}
    assert all(before[key] == said for key, said in after.items())
    texts = [(lesson.key, lesson.text) for lesson in course.lessons() if lesson.text]
    assert [(lesson.key, lesson.text) for lesson in loaded.course.lessons() if lesson.text] == texts


BAD = [
    ("<quiz><question>", "error", 1, "this is not XML"),
    ("<!DOCTYPE quiz [<!ENTITY a 'b'>]><quiz/>", "error", 1, "document types"),
    ("<html/>", "error", 1, "begins with `<quiz>`, and not with `<html>`"),
    ("", "error", 1, "this is not XML"),
    ("<quiz>\n<other/></quiz>", "warning", 2, "`<other>` is not understood"),
    (question("stack", ""), "warning", 2, "`Q one`: questions of the type `stack` are not supported"),
    (question("multichoice", ""), "warning", 2, "no option is right"),
    (question("truefalse", ""), "warning", 2, "are not `true` and `false`"),
    (question("shortanswer", answers(("50", "a", ""))), "warning", 2, "no answer is right"),
    (question("numerical", answers(("100", "about 3", ""))), "warning", 2, "`about 3` is no number"),
    (question("multianswer", "", "No gap"), "warning", 2, "its text has no gap"),
    (question("multianswer", "", "{1:MULTIRESPONSE:=a~b}"), "warning", 2, "`MULTIRESPONSE` are not supported"),
    (question("ddwtos", "", "The [[7]]"), "warning", 2, "there is no choice 7"),
    (question("matching", ""), "warning", 2, "`array` of length >= 2"),
    (question("essay", "", "<img src='https://example.org/x.png'>Why?"), "warning", 2, "the picture"),
    (question("essay", "", "x" * 1001), "warning", 2, "must not be longer"),
]


@pytest.mark.parametrize(("text", "severity", "line", "message"), BAD)
def test_a_bad_question_is_told_with_its_name_and_line(text: str, severity: str, line: int, message: str) -> None:
    _, report = load(text)
    assert report.remarks
    first = report.remarks[0]
    assert (first.severity, first.line) == (severity, line), first
    assert any(message in remark.message for remark in report.remarks), report.remarks


@given(st.integers(0, len(WHOLE)), st.integers(0, 60), st.text(alphabet="<>&{}[]%~=\"'/a1 \n\x00", max_size=8))
def test_no_damage_to_a_file_raises(at: int, length: int, insertion: str) -> None:
    loaded, report = load(WHOLE[:at] + insertion + WHOLE[at + length :])
    assert (loaded is None) == report.has_errors
