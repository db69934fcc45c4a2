"""GIFT there and back: what it can say comes back the same, and what it cannot is told."""

import json
import shutil
import subprocess
from collections import Counter
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.catalog import formats
from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.formats import Options, bank, gift, gift_writer
from domains.catalog.formats.report import Report
from domains.catalog.kinds import Content, Essay, MultipleChoice, MultipleResponse, Numeric, ShortAnswer, TrueFalse
from factories.courses import courses

EXAMPLES = Path(__file__).parents[4] / "shared/data/gift/examples.gift.txt"
has_examples = pytest.mark.skipif(not EXAMPLES.exists(), reason="the examples of GIFT are not on this machine")
PEGJS = Path(__file__).parents[3] / "src/web/node_modules/gift-pegjs"
has_pegjs = pytest.mark.skipif(
    not PEGJS.exists() or shutil.which("node") is None, reason="Node or what npm installs is missing"
)

SAYABLE = ("multiple_choice", "multiple_response", "true_false", "short_answer", "numeric", "match_pairs")


def read(text: str | bytes, **options: str) -> tuple[Course | None, Report]:
    report = Report()
    with NamedTemporaryFile(suffix=".gift") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
        file.flush()
        loaded = gift.read(Path(file.name), report, Options(**{"target_language": "en", "slug": "a", **options}))
    return (None if loaded is None else loaded.course), report


def contents(text: str) -> list[Content]:
    course, report = read(text)
    assert course is not None, report.remarks
    return [exercise.content for exercise in course.exercises()]


def written(course: Course) -> tuple[str, Report]:
    report = Report()
    return gift_writer.write(course, report, {}).body.decode(), report


@has_examples
def test_all_forty_three_examples_are_read() -> None:
    loaded, report = formats.read(EXAMPLES, options=Options(target_language="en"))
    assert loaded is not None
    assert report.remarks == []
    kinds = Counter(exercise.content.kind() for exercise in loaded.course.exercises())
    assert kinds == {
        "multiple_choice": 11,
        "multiple_response": 2,
        "cloze": 6,
        "short_answer": 8,
        "numeric": 8,
        "true_false": 5,
        "match_pairs": 3,
    }


@has_examples
@has_pegjs
def test_what_we_write_of_them_is_read_again_by_another_program_and_by_us() -> None:
    course = read(EXAMPLES.read_text())[0]
    assert course is not None
    text, report = written(course)
    assert report.remarks == []
    again, report = read(text, title=course.title)
    assert again == course
    found = [question for question in parsed(text) if question["type"] != "Category"]
    assert len(found) == 43
    assert Counter(question["type"] for question in found) == {
        "MC": 18,
        "Short": 9,
        "Numerical": 8,
        "TF": 5,
        "Matching": 3,
    }
    for question, exercise in zip(found, course.exercises(), strict=True):
        assert question["id"] == exercise.key
        if isinstance(exercise.content, MultipleChoice | MultipleResponse):
            assert question["stem"]["text"] == exercise.content.text
            assert [choice["text"]["text"] for choice in question["choices"]] == list(exercise.content.options)


@has_pegjs
def test_signs_that_mean_something_in_gift_reach_another_program_as_they_are() -> None:
    nasty = "a: {b} = ~c # \\d ::e:: // %50% -> [html] $CATEGORY"
    content = MultipleChoice(nasty, "en", "en", (nasty, "%50%=", "#"), "%50%=", {}, {"#": nasty})
    exercise = Exercise("a]b\\c", content, explanation=f"{nasty}\n\n{nasty}", skills=("x]y",))
    lesson = Lesson("l", "L: {} / //", (exercise,), text=nasty)
    course = Course("a", "A", "en", "en", (Section("s", "S", (Unit("u", "U", (lesson,)),)),))
    text, report = written(course)
    assert report.remarks == []
    assert read(text, title="A")[0] == course
    _, _, found = parsed(text)
    stem, choices = found["stem"], found["choices"]
    assert stem == {"format": "moodle", "text": nasty}
    assert isinstance(choices, list)
    assert [choice["text"]["text"] for choice in choices] == [nasty, "%50%=", "#"]
    assert found["globalFeedback"] == {"format": "markdown", "text": f"{nasty}\n\n{nasty}"}


def parsed(text: str) -> list[dict[str, object]]:
    program = "import gift from 'gift-pegjs'; import fs from 'fs';"
    program += "console.log(JSON.stringify(gift.parse(fs.readFileSync(0, 'utf8'))))"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd=PEGJS.parents[1],
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


@settings(max_examples=40)
@given(courses(SAYABLE, rich=False, one_language=True))
def test_what_gift_can_say_of_a_course_comes_back_the_same(course: Course) -> None:
    text, told = written(course)
    again, report = read(text, slug=course.slug, title=course.title)
    assert again is not None, report.remarks
    left_out = {remark.file for remark in told.of("warning")}
    expected = {one.key: one.content for one in course.exercises() if one.key not in left_out}
    assert {one.key: one.content for one in again.exercises()} == expected
    assert again == course or left_out


@settings(max_examples=25)
@given(courses(SAYABLE, one_language=True))
def test_what_goes_with_questions_comes_back_with_them(course: Course) -> None:
    again, _ = read(written(course)[0])
    assert again is not None
    before = {one.key: (one.explanation, one.skills) for one in course.exercises()}
    assert all(before[one.key] == (one.explanation, one.skills) for one in again.exercises())
    texts = [(lesson.key, lesson.text) for lesson in course.lessons() if lesson.text]
    assert [(lesson.key, lesson.text) for lesson in again.lessons() if lesson.text] == texts


READ = [
    ("Two {} braces \\{\\}", Essay("Two _____ braces {}", "en", "en")),
    ("::n::[html]<p>Is <b>1 &lt; 2</b>?</p>{T#no#yes}", TrueFalse("Is 1 < 2?", "en", True, "yes", "no")),
    ("Pi? {#3.141..3.142}", Numeric("Pi?", "en", Decimal("3.1415"), Decimal("0.0005"))),
    ("Cat? {=*cat* =dog}", ShortAnswer("Cat?", "en", "en", ("dog", "*cat*"))),
    ("Any? {=a (b) \\= 1/2}", ShortAnswer("Any?", "en", "en", ("a \\(b\\) = 1\\/2",))),
    ("Line\\nbreak {=a}", ShortAnswer("Line\nbreak", "en", "en", ("a",))),
    (
        "Which?{~%60%a ~%40%b ~%-10%c}",
        MultipleResponse("Which?", "en", "en", ("a", "b", "c"), ("a", "b"), {"a": 0.6, "b": 0.4, "c": -0.1}),
    ),
]


@pytest.mark.parametrize(("text", "content"), READ)
def test_a_question_is_read_as_moodle_means_it(text: str, content: Content) -> None:
    assert contents(text) == [content]


def test_categories_descriptions_ids_tags_and_feedback_find_their_places() -> None:
    course, report = read(
        "$CATEGORY: $course$/top/History/Kings // and queens/Spain\n\n"
        "Read **this** first.\n\n// [id:q\\]1] [tag:kings] [tag:spain]\n::Name::Who?{=He ####[html]<i>Him</i>.}\n\n"
        "$CATEGORY: Loose\nWhere?{=There}\n"
    )
    assert course is not None
    assert report.remarks == []
    assert [section.title for section in course.sections] == ["History", "Loose"]
    first, second = course.lessons()
    assert (first.title, first.text) == ("Spain", "Read **this** first.")
    (exercise,) = first.exercises
    assert (exercise.key, exercise.skills, exercise.explanation) == ("q]1", ("kings", "spain"), "*Him*.")
    assert [unit.title for unit in course.units()] == ["Kings / and queens", "Loose"]
    assert second.key == "loose/loose/loose"


BAD = [
    ("What?{=a ~b", "error", 1, "a `}` is missing"),
    ("What?{=a\n\nWho?{=b}", "error", 1, "the `{` is not closed"),
    ("\n\nWhat?{=a}{=b}", "error", 3, "one pair of braces"),
    ("What?{" + "=a" * 501 + "}", "warning", 1, "more than 500 answers"),
    ("What?{perhaps}", "error", 1, "an answer begins with `=`"),
    ("What?{#about 3}", "error", 1, "`about 3` is no number"),
    ("{=a}", "warning", 1, "it has no text"),
    ("What?{~a ~b}", "warning", 1, "no option is right"),
    ("What?{=a ~b ~b}", "warning", 1, "must not say the same"),
    ("What?{=%50%a}", "warning", 1, "no answer is right"),
    ("What?{=a -> b}", "warning", 1, "`array` of length >= 2"),
    ("What?{=a -> b =c -> d =e -> }", "warning", 1, "1 texts that match nothing"),
    ("[html]<table><tr><td>1</td></tr></table>{=a}", "warning", 1, "a table in the text"),
    (b"What?{=\xe9}", "error", 1, "not UTF-8"),
]


@pytest.mark.parametrize(("text", "severity", "line", "message"), BAD)
def test_a_bad_question_is_told_with_its_line(text: str | bytes, severity: str, line: int, message: str) -> None:
    _, report = read(text)
    assert [(one.severity, one.line) for one in report.remarks] == [(severity, line)], report.remarks
    assert message in report.remarks[0].message


def test_a_file_of_more_questions_than_are_taken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "MOST_QUESTIONS", 3)
    assert read("a{=b}\n\n" * 3)[1].remarks == []
    course, report = read("a{=b}\n\n" * 9)
    assert course is None
    assert [remark.message for remark in report.remarks] == ["the file has more than 3 questions"]


def test_equal_questions_get_keys_of_their_own() -> None:
    course, _ = read("::Q::a{=b}\n\n" * 3)
    assert course is not None
    assert [exercise.key.rpartition("/")[2] for exercise in course.exercises()] == ["q", "q-2", "q-3"]


@given(
    st.text(alphabet="ab {}=~#%:\\->$T/[]\n.1*", max_size=60)
    | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1"))
)
def test_no_file_raises(text: str) -> None:  # fmt: skip
    course, report = read(text)
    assert (course is None) == report.has_errors


def test_what_gift_cannot_say_is_told() -> None:
    loaded, _ = formats.read(formats_demo())
    assert loaded is not None
    _, report = written(loaded.course)
    told = {remark.message for remark in report.remarks}
    assert "GIFT has no questions of the kind `word_bank`: left out" in told
    assert "a translation is a short answer in GIFT" in told
    assert "`special_characters` of the course cannot be said in GIFT and was left out" in told


def formats_demo() -> Path:
    return Path(formats.__file__).parents[1] / "demo" / "spanish.yaml"
