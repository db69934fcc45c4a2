"""Word lists as people have them: out of spreadsheets, with whatever columns, quotes and encodings."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domains.catalog import formats
from domains.catalog.content import Course
from domains.catalog.formats import Loaded, Options, csv_words, csv_writer
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.report import Report
from domains.catalog.kinds import Flashcard, ListenType, PickPicture
from domains.catalog.kinds.assets import Audio
from factories.courses import courses


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("words")


def load(folder: Path, raw: str | bytes, name: str = "animals.csv", **options: str) -> tuple[Loaded | None, Report]:
    path = folder / name
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    report = Report()
    return csv_words.read(
        path, report, Options(**{"source_language": "en", "target_language": "es", **options})
    ), report


def words(loaded: Loaded | None) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    assert loaded is not None
    return [
        (phrase.target, phrase.source)
        for lesson in loaded.course.lessons()
        for phrase in (*lesson.words, *lesson.sentences)
    ]


CAT, DOG = (("gato",), ("cat",)), (("perro",), ("dog", "hound"))
TABLES = [
    ("gato,cat\nperro,dog,hound\n", [CAT, DOG]),
    ("gato\tcat\nperro\tdog\thound\n", [CAT, DOG]),
    ("Word;Translation;Also accepted\r\ngato;cat;\r\nperro;dog;hound\r\n", [CAT, DOG]),
    ("meaning,term,alternatives\ncat,gato,\ndog,perro,hound\n", [CAT, DOG]),
    ("English,Spanish\ncat,gato\n", [CAT]),
    ("es,en\ngato,cat\n\n,,\n", [CAT]),
    ('"gato\n grande","big ""cat"""\n', [(("gato grande",), ('big "cat"',))]),
    ("\ufeffgato,cat\n", [CAT]),
    ("gato,cat\n".encode("utf-16"), [CAT]),
    ("'=gato,'-cat\n", [(("=gato",), ("-cat",))]),
]


@pytest.mark.parametrize(("raw", "expected"), TABLES)
def test_a_table_is_read_however_it_is_written(
    folder: Path, raw: str | bytes, expected: list[tuple[tuple[str, ...], tuple[str, ...]]]
) -> None:
    loaded, report = load(folder, raw)
    assert words(loaded) == expected
    assert report.remarks == []


def test_what_is_not_utf_8_is_read_as_windows_wrote_it_and_told(folder: Path) -> None:
    loaded, report = load(folder, "gato,cat\nniño,child\n".encode("cp1252"))
    assert words(loaded)[1] == (("niño",), ("child",))
    assert [(remark.severity, remark.line) for remark in report.remarks] == [("warning", 2)]


def test_languages_may_be_said_by_the_columns_alone(folder: Path) -> None:
    path = folder / "list.csv"
    path.write_text("Deutsch,English\nKatze,cat\n")
    loaded, report = formats.read(path)
    assert loaded is not None, report.remarks
    assert (loaded.course.target_language, loaded.course.source_language) == ("de", "en")


def test_rows_say_where_they_belong_and_others_fill_lessons_of_a_handful(folder: Path) -> None:
    placed, _ = load(
        folder, "target,source,unit,lesson\ngato,cat,Animals,Pets\npan,bread,Food,\nperro,dog,Animals,Pets\n"
    )
    assert placed is not None
    assert [(unit.title, [lesson.title for lesson in unit.lessons]) for unit in placed.course.units()] == [
        ("Animals", ["Pets"]),
        ("Food", ["Food 1"]),
    ]
    loose, _ = load(folder, "".join(f"palabra{number},word{number}\n" for number in range(16)))
    more, _ = load(folder, "".join(f"palabra{number},word{number}\n" for number in range(20)))
    assert loose is not None
    assert more is not None
    lessons = list(loose.course.lessons())
    assert [len(lesson.words) for lesson in lessons] == [7, 7, 2]
    assert [lesson.key for lesson in lessons] == [f"animals/animals-1/animals-{number}" for number in (1, 2, 3)]
    first = list(more.course.lessons())[:2]
    assert [(lesson.key, lesson.words) for lesson in first] == [(lesson.key, lesson.words) for lesson in lessons[:2]]


def test_notes_tags_pictures_and_sounds_make_exercises_richer(folder: Path) -> None:
    for name in ("cat.png", "dog.png", "duck.png", "cat.mp3"):
        (folder / name).write_bytes(name.encode())
    loaded, report = load(
        folder,
        "target,source,example,example meaning,tags,image,audio\n"
        "gato,cat,El gato come.,The cat eats.,animals; pets,cat.png,cat.mp3\n"
        "perro,dog,,,,dog.png,\npato,duck,,,,duck.png,gone.mp3\n",
    )
    assert loaded is not None
    assert [(remark.line, remark.message.split(":")[0]) for remark in report.remarks] == [
        (4, "`gone.mp3` was left out")
    ]
    exercises = list(loaded.course.exercises())
    about_cats = [one for one in exercises if getattr(one.content, "text", "") in {"gato", "cat"}]
    assert {one.explanation for one in about_cats} == {"El gato come. — The cat eats."}
    assert {one.skills for one in about_cats} == {("animals", "pets")}
    (listen,) = [one.content for one in exercises if isinstance(one.content, ListenType)]
    assert listen.audio == Audio(ref_of(b"cat.mp3"))
    assert sum(isinstance(one.content, PickPicture) for one in exercises) == 3
    assert len(loaded.media) == 4


def test_cards_make_a_deck(folder: Path) -> None:
    loaded, _ = load(folder, "target,source,type,note\ngato,cat,card,Plural: gatos\nperro,dog,card,\n")
    assert loaded is not None
    (lesson,) = loaded.course.lessons()
    assert lesson.form == "deck"
    assert [exercise.content for exercise in lesson.exercises] == [
        Flashcard("gato", "es", "en", ("cat",), "Plural: gatos"),
        Flashcard("perro", "es", "en", ("dog",)),
    ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(course=courses(("flashcard",), one_language=False))
def test_what_a_table_can_say_of_a_course_comes_back_the_same(folder: Path, course: Course) -> None:
    assume(any(lesson.words or lesson.sentences for lesson in course.lessons()))
    written = csv_writer.write(course, Report(), {})
    once, report = load(folder, written.body, slug="x", title="X")
    assert once is not None, report.remarks
    kept = {phrase for lesson in once.course.lessons() for phrase in (*lesson.words, *lesson.sentences)}
    assert {phrase for lesson in course.lessons() for phrase in (*lesson.words, *lesson.sentences)} <= kept
    again, _ = load(folder, csv_writer.write(once.course, Report(), {}).body, slug="x", title="X")
    assert again is not None
    assert words(again) == words(once)
    assert [lesson.key for lesson in again.course.lessons()] == [lesson.key for lesson in once.course.lessons()]


BAD = [
    ("", "error", 1, "has no rows"),
    ("word\ngato\n", "error", 1, "one for what they mean"),
    ("target,source,target\na,b,c\n", "error", 1, "two columns are `target`"),
    ("target,source,colour\ngato,cat,grey\n", "warning", 1, "the column `colour` is not understood"),
    ("gato,cat\nperro\n", "warning", 2, "does not say what it means"),
    ("gato,cat,c,d,e\n", "warning", 1, "the row has 5 cells"),
    ("gato,cat\ngato,cat\n", "note", 2, "twice in its lesson"),
    ('gato,"cat\n' + "x\n" * 30, "error", 1, "a quote is opened here"),
    ("gato," + "x" * 2000 + "\n", "warning", 1, "more than 1000 characters"),
    ("gato," + "x" * 200_000 + "\n", "error", 1, "this is no table"),
    ("target,source,type\ngato,cat,verb\n", "warning", 2, "`verb` is no type of row"),
    ("(gato,cat\n", "warning", 1, "taken literally"),
]


@pytest.mark.parametrize(("raw", "severity", "line", "message"), BAD)
def test_a_bad_table_is_told_with_its_line(folder: Path, raw: str, severity: str, line: int, message: str) -> None:
    _, report = load(folder, raw)
    assert report.remarks
    first = report.remarks[0]
    assert (first.severity, first.line) == (severity, line), report.remarks
    assert message in first.message


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=60) | st.text("ab,;\t|\"'\n\r=() target source", max_size=60).map(str.encode))
def test_no_file_raises(folder: Path, raw: bytes) -> None:
    loaded, report = load(folder, raw)
    assert (loaded is None) == report.has_errors
