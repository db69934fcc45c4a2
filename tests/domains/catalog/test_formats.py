"""Reading and writing courses: nothing is dropped in silence, nothing that is broken raises."""

import re
import shutil
import zipfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domains.catalog import formats
from domains.catalog.content import (
    Course,
    Lesson,
    Phrase,
    Section,
    Unit,
    course_lexicon,
    decode,
    digest,
    encode,
    problems,
)
from domains.catalog.formats import librelingo_writer, lyceum, lyceum_writer, tree
from domains.catalog.formats.exercises import fill
from domains.catalog.formats.report import Report
from domains.catalog.kinds import Flashcard, MatchPairs, MultipleChoice, Translate, WordBank
from domains.catalog.service.courses import DEMO_COURSE, DEMO_SLUG
from factories.courses import courses

SPANISH = Path(__file__).parents[4] / "shared/data/librelingo-es/course"
has_spanish = pytest.mark.skipif(not SPANISH.exists(), reason="the LibreLingo course is not on this machine")

SMALL = """
lyceum: 1
course:
  slug: small
  title: A small course
  learning: es
  from: en
sections:
  - key: one
    title: One
    units:
      - key: first
        title: First
        lessons:
          - key: animals
            title: Animals
            words:
              - {es: el gato, en: the cat}
              - {es: el pato, en: the duck}
              - {es: [el perro, la perra], en: the dog}
            sentences:
              - {es: El gato come pan., en: [The cat eats bread., The cat is eating bread.]}
              - {es: No, en: "No"}
"""


def read(text: str) -> tuple[Course | None, Report]:
    report = Report()
    return lyceum.read_string(text, "course.yaml", report), report


def load(path: Path, format_name: str | None = None) -> tuple[Course | None, Report]:
    loaded, report = formats.read(path, format_name)
    return (loaded.course if loaded else None), report


def small() -> Course:
    course, report = read(SMALL)
    assert course is not None, report.remarks
    return course


# LibreLingo


@has_spanish
def test_the_spanish_course_of_librelingo_is_read_whole() -> None:
    course, report = load(SPANISH)
    assert course is not None
    lessons = list(course.lessons())
    assert (len(course.sections), len(list(course.units()))) == (3, 13)
    assert sum(len(lesson.words) for lesson in lessons) == 82
    assert sum(len(lesson.sentences) for lesson in lessons) == 112
    assert (course.source_language, course.target_language) == ("en", "es")
    assert course.licence is not None
    assert course.licence.name == "CC BY-SA 4.0"
    assert len(course.special_characters) == 16
    assert "brote" not in course_lexicon(course).of("es").words
    assert {"gato", "pato", "favor"} <= course_lexicon(course).of("es").words
    assert not report.has_errors


@has_spanish
def test_its_six_odd_keys_are_reported_with_file_and_line() -> None:
    _, report = load(SPANISH)
    found = {(remark.file, remark.line, remark.message.split("`")[1]) for remark in report.of("warning")}
    assert found == {
        ("basics/skills/clothes.yaml", 119, "Also accepted"),
        ("basics/skills/nature.yaml", 111, "Also accepted"),
        ("basics/skills/plurals.yaml", 124, "Also accepted"),
        ("basics/skills/verbs.yaml", 12, "Also accepted"),
        ("basics/skills/verbs.yaml", 19, "Also accepted"),
        ("activities/skills/continuous.yaml", 17, "Alternative"),
    }
    for file, line, key in found:
        assert key in (SPANISH / file).read_text().splitlines()[line - 1]
    assert all("only kept for writing" in remark.message for remark in report.of("warning"))


@has_spanish
def test_every_word_and_phrase_of_it_is_practised() -> None:
    course, _ = load(SPANISH)
    assert course is not None
    for lesson in course.lessons():
        shown = str([exercise.content.subject() for exercise in lesson.exercises])
        assert 6 <= len(lesson.exercises) <= 12
        for phrase in (*lesson.words, *lesson.sentences):
            assert repr(phrase.target[0])[1:-1] in shown or repr(phrase.source[0])[1:-1] in shown


@has_spanish
def test_a_librelingo_course_survives_the_way_through_our_own_format() -> None:
    course, _ = load(SPANISH)
    assert course is not None
    again, report = read(lyceum_writer.write_string(course))
    assert not report.remarks
    assert again is not None
    assert digest(again) == digest(course)


@has_spanish
def test_the_spanish_course_is_written_again_as_it_was(tmp_path: Path) -> None:
    """Equal as data: every file, and nothing that is not a comment is lost."""
    course, _ = load(SPANISH)
    assert course is not None
    written, report = formats.write(course, "librelingo", {})
    assert [remark.severity for remark in report.remarks] == ["note"]
    assert written is not None
    path = tmp_path / "spanish.zip"
    path.write_bytes(written.body)
    again, _ = load(path)
    assert again == course
    with zipfile.ZipFile(path) as archive:
        ours = {name: _data(name, archive.read(name).decode()) for name in archive.namelist()}
    theirs = {
        str(file.relative_to(SPANISH)): _data(file.name, file.read_text())
        for file in SPANISH.rglob("*")
        if file.is_file()
    }
    assert len(theirs) == 18
    assert ours == theirs


def _data(name: str, text: str) -> object:
    return yaml.safe_load(text) if name.endswith(".yaml") else text.strip()


def librelingo(root: Path, skill: str, **files: str) -> Path:
    """A course of one module and one skill; `files` replace or add what their names say."""
    (root / "m" / "skills").mkdir(parents=True)
    (root / "course.yaml").write_text(
        "Course:\n  Language: {Name: Norwegian, IETF BCP 47: nb}\n  For speakers of: {Name: English, IETF BCP 47: en}\n"
        "Modules:\n  - m/\n"
    )
    (root / "m" / "module.yaml").write_text("Module: {Name: M}\nSkills: [s.yaml]\n")
    (root / "m" / "skills" / "s.yaml").write_text(skill)
    for name, text in files.items():
        (root / name.replace("__", "/")).with_suffix(".yaml").write_text(text)
    return root


SKILL = """
Skill: {Name: S, Id: 1}
New words:
  - Word: no
    Translation: now
  - Word: takk
    Translation: thanks
Phrases:
  - Phrase: Takk for maten
    Translation: Thanks for the food
Two-way-dictionary:
  - the food (noun): maten (et substantiv)
Mini-dictionary:
  Norwegian:
    - på: [on, at]
  English:
    - off: av
"""


def test_words_that_yaml_takes_for_truth_values_stay_words(tmp_path: Path) -> None:
    course, report = load(librelingo(tmp_path, SKILL))
    assert course is not None, report.remarks
    assert next(course.lessons()).words[0].target == ("no",)


def test_dictionaries_become_part_of_the_lexicon_without_their_remarks(tmp_path: Path) -> None:
    course, _ = load(librelingo(tmp_path, SKILL))
    assert course is not None
    words = course_lexicon(course)
    assert {"på", "maten"} <= words.of("nb").words
    assert {"off", "food"} <= words.of("en").words
    assert "substantiv" not in words.of("nb").words


def test_a_skill_that_lies_outside_the_course_is_not_read(tmp_path: Path) -> None:
    root = librelingo(
        tmp_path / "c", SKILL, m__module="Module: {Name: M}\nSkills: [../../../secret.yaml, /etc/passwd]\n"
    )
    (tmp_path / "secret.yaml").write_text(SKILL)
    course, report = load(root)
    assert course is None
    assert all("outside" in remark.message for remark in report.of("error"))
    assert len(report.of("error")) == 2


def test_a_missing_file_and_a_missing_key_are_errors_with_a_place(tmp_path: Path) -> None:
    broken = SKILL.replace("    Translation: thanks\n", "")
    root = librelingo(tmp_path, broken, m__module="Module: {Name: M}\nSkills: [s.yaml, gone.yaml]\n")
    course, report = load(root)
    assert course is None
    assert [str(remark) for remark in report.of("error")] == [
        "m/skills/s.yaml:6: error: `Translation` is missing",
        "m/skills/gone.yaml:1: error: the file cannot be read: No such file or directory",
    ]


def test_the_slug_of_a_module_without_latin_letters_depends_on_its_name_only(tmp_path: Path) -> None:
    root = librelingo(tmp_path, SKILL)
    shutil.move(root / "m", root / "日本")
    (root / "course.yaml").write_text((root / "course.yaml").read_text().replace("- m/", "- 日本/"))
    course, _ = load(root)
    assert course is not None
    assert re.fullmatch(r"x[0-9a-f]{10}", course.sections[0].key)


# Lyceum's own format


def test_what_is_written_reads_back_the_same() -> None:
    course = small()
    assert read(lyceum_writer.write_string(course))[0] == course
    assert "exercises" not in lyceum_writer.write_string(course)
    assert decode(encode(course)) == course


def test_reading_twice_gives_the_same_digest() -> None:
    assert digest(small()) == digest(small())


EXPLICIT = """            exercises:
              - {kind: translate, text: the cat, accepted: el gato}
              - {kind: multiple_choice, key: pick-1, text: gato, options: [cat, duck], answer: cat}
              - {kind: word_bank, text: the cat, accepted: [el gato], words: [el, gato, pato]}
              - {kind: match_pairs, pairs: [[gato, cat], [pato, duck]]}
"""


def test_exercises_may_be_given_and_their_languages_left_out() -> None:
    course, report = read(SMALL + EXPLICIT)
    assert course is not None, report.remarks
    contents = [exercise.content for exercise in course.exercises()]
    assert contents == [
        Translate("the cat", "en", "es", ("el gato",)),
        MultipleChoice("gato", "es", "en", ("cat", "duck"), "cat"),
        WordBank("the cat", "en", "es", ("el gato",), ("el", "gato", "pato")),
        MatchPairs("es", "en", (("gato", "cat"), ("pato", "duck"))),
    ]
    assert list(course.exercises())[1].key == "one/first/animals/pick-1"
    assert read(lyceum_writer.write_string(course))[0] == course


BROKEN = [
    (SMALL.replace("title: Animals", "titel: Animals"), 16, "`titel` is not understood"),
    (SMALL.replace("title: Animals", "titel: Animals"), 15, "`title` is missing"),
    (SMALL.replace("{es: el pato, en: the duck}", "{es: el pato, fr: le canard}"), 19, "`fr` is not understood"),
    (SMALL.replace("key: animals", "key: Animals!"), 15, "a key is made of"),
    (SMALL.replace("key: animals", "key: [a]"), 15, "is expected here"),
    (SMALL.replace("lyceum: 1", "lyceum: 2"), 2, "only version 1"),
    (SMALL.replace("from: en", "from: es"), 18, "known here are `meaning`, `term`"),
    (SMALL + EXPLICIT.replace("answer: cat", "answer: dog"), 26, "must be one of the options"),
    (SMALL + EXPLICIT.replace("answer: cat", "answr: cat"), 26, "answr"),
    (SMALL + EXPLICIT.replace("kind: translate", "kind: juggle"), 25, "`kind` must be one of"),
    (SMALL + EXPLICIT.replace("pairs: [[gato, cat]", "pairs: [[gato]"), 28, "pairs"),
    (SMALL + "  - key: one\n    title: Again\n", 24, "used twice"),
    (SMALL + "sections: []\n", 24, "given twice"),
    (SMALL.replace("title: One", 'title: "One'), 23, "this is not YAML"),
    (SMALL.replace("title: One", 'title: "\\0"'), 10, "cannot be stored"),
    (SMALL.replace("title: One", "title: &a One\n    other: *a"), 11, "aliases"),
    (SMALL.replace("title: One", "title: \x07"), 10, "does not allow"),
    ("", 1, "empty"),
    ("[]", 1, "expected here"),
    ("--- 1\n--- 2\n", 2, "not YAML"),
    ("a: !!python/object/apply:os.system [ls]", 1, "`a` is not understood"),
    ('a: "\\UFFFFFFFF"', 1, "not YAML"),
]


@pytest.mark.parametrize(("text", "line", "message"), BROKEN)
def test_a_broken_course_gives_a_remark_with_its_line(text: str, line: int, message: str) -> None:
    course, report = read(text)
    assert course is None
    assert any(remark.line == line and message in remark.message for remark in report.of("error")), report.remarks


def test_a_course_without_exercises_or_with_a_bad_slug_is_not_published(tmp_path: Path) -> None:
    path = tmp_path / "course.yaml"
    path.write_text(SMALL.split("            words:")[0].replace("slug: small", "slug: Small Course"))
    course, report = load(path)
    assert course is None
    assert {"the course has no exercise"} < {remark.message for remark in report.of("error")}


def test_deep_wide_and_huge_files_are_refused_quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bombs = ["[" * 5000, "a: " + "{a: " * 500, "- " * 5000, "&a [*a]", "? " * 3000, "x" * 100 + ": " * 3000]
    for bomb in bombs:
        course, report = read(bomb)
        assert course is None
        assert report.has_errors
    monkeypatch.setattr(tree, "MOST_NODES", 100)
    assert read(SMALL + "# " + "\n" + "dictionary: [" + "a, " * 200 + "]")[1].has_errors
    monkeypatch.setattr(lyceum, "LARGEST_FILE_BYTES", 100)
    path = tmp_path / "course.yaml"
    path.write_text(SMALL)
    assert "larger" in load(path)[1].remarks[0].message


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"lyceum: \xe9", b"\x00", b"\xef\xbb\xbf"])
def test_a_file_that_is_not_text_gives_a_remark(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "course.yaml"
    path.write_bytes(raw)
    course, report = load(path)
    assert course is None
    assert report.has_errors


@pytest.mark.parametrize(
    ("name", "entries", "why"),
    [
        ("slip.zip", {"../x": b"x"}, "leads out of it"),
        ("many.zip", {str(number): b"" for number in range(1_001)}, "more than 1,000 entries"),
        ("bomb.zip", {"x": bytes(30_000_000)}, "unpacks to more than"),
        ("other.zip", {"x": b"x"}, "no format is recognised here"),
        ("junk.apkg", None, "this is no zip file"),
    ],
)
def test_an_archive_is_refused_with_its_name_and_a_reason(
    tmp_path: Path, name: str, entries: dict[str, bytes] | None, why: str
) -> None:
    path = tmp_path / name
    if entries is None:
        path.write_bytes(b"junk")
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries.items():
                archive.writestr(entry, content)
    _, report = load(path)
    [remark] = report.remarks
    assert (remark.file, why in remark.message) == (name, True), remark.message


@pytest.mark.parametrize("name", ["nothing.yaml", "nothing", "."])
def test_a_path_without_a_course_is_said_to_be_one(tmp_path: Path, name: str) -> None:
    course, report = load(tmp_path / name)
    assert course is None
    assert "no format is recognised" in report.remarks[0].message
    assert "`scorm` is no format that is read" in load(tmp_path, "scorm")[1].remarks[0].message


@given(st.integers(0, len(SMALL)), st.integers(0, 40), st.text(max_size=12))
def test_no_damage_to_a_file_raises(at: int, length: int, insertion: str) -> None:
    course, report = read(SMALL[:at] + insertion + SMALL[at + length :])
    assert (course is None) == report.has_errors


# Exercises


def test_adding_a_word_elsewhere_keeps_all_keys() -> None:
    more, _ = read(SMALL + "          - {key: b, title: B, words: [{es: la casa, en: the house}]}\n")
    assert more is not None
    assert {exercise.key for exercise in small().exercises()} < {exercise.key for exercise in more.exercises()}


def test_no_wrong_option_could_be_right() -> None:
    text = SMALL.replace("{es: el pato, en: the duck}", "{es: el minino, en: [the kitty, the cat]}")
    course, _ = read(text)
    assert course is not None
    for exercise in course.exercises():
        if isinstance(exercise.content, MultipleChoice):
            assert not {"el gato", "el minino"} <= set(exercise.content.options)
            assert not {"the cat", "the kitty"} <= set(exercise.content.options)


def test_languages_without_spaces_are_tapped_by_character() -> None:
    japanese = SMALL.replace("{es:", "{ja:").replace("learning: es", "learning: ja")
    course, report = read(japanese.replace("El gato come pan.", "猫はパンを食べます。"))
    assert course is not None, report.remarks
    bank = next(e.content for e in course.exercises() if isinstance(e.content, WordBank))
    assert bank.words[:9] == tuple("猫はパンを食べます")[:9]


def test_a_deck_has_a_card_for_every_word_and_sentence() -> None:
    course, report = read(SMALL.replace("title: Animals", "title: Animals\n            form: deck"))
    assert course is not None, report.remarks
    fronts = [exercise.content for exercise in course.exercises()]
    assert fronts[0] == Flashcard("el gato", "es", "en", ("the cat",))
    assert len(fronts) == 5
    assert read(lyceum_writer.write_string(course))[0] == course


def test_wrong_options_in_a_very_long_unit_come_from_lessons_around() -> None:
    lessons = tuple(
        Lesson(f"s/u/{number}", "L", words=tuple(Phrase((f"p{number}{n}",), (f"w{number}{n}",)) for n in "abcdefg"))
        for number in range(50)
    )
    course = fill(Course("c", "C", "en", "es", (Section("s", "S", (Unit("s/u", "U", lessons),)),)))
    for number, lesson in enumerate(course.lessons()):
        choices = [one.content for one in lesson.exercises if isinstance(one.content, MultipleChoice)]
        others = [int(option[1:-1]) for choice in choices for option in choice.options]
        assert len(choices) >= 5
        assert all(abs(other - number) <= 5 for other in others)


# Every format


@settings(max_examples=10)
@given(courses())
def test_every_writer_takes_any_course_and_tells_what_it_left_out(course: Course) -> None:
    for name, form in formats.FORMATS.items():
        written, report = formats.write(course, name, {})
        assert written is not None
        with NamedTemporaryFile(suffix=written.suffix) as file:
            file.write(written.body)
            file.flush()
            options = formats.Options("x", "X", course.source_language, course.target_language)
            loaded, _ = formats.read(Path(file.name), name, options)
        kept = 0 if loaded is None else len(list(loaded.course.exercises()))
        assert kept >= len(list(course.exercises())) or report.remarks, form.title


@given(st.sampled_from(sorted(formats.FORMATS)), st.binary(max_size=200))
def test_no_reader_raises_for_what_is_no_file_of_its_format(name: str, raw: bytes) -> None:
    with NamedTemporaryFile() as file:
        file.write(raw)
        file.flush()
        loaded, report = formats.read(Path(file.name), name)
    assert (loaded is None) == report.has_errors


# The course that comes with Lyceum


def test_our_own_course_is_whole_and_without_remarks() -> None:
    course, report = load(DEMO_COURSE)
    assert not report.remarks
    assert course is not None
    assert course.slug == DEMO_SLUG
    lessons = list(course.lessons())
    assert len(list(course.units())) >= 3
    assert len(lessons) >= 9
    assert sum(len(lesson.words) for lesson in lessons) >= 60
    assert sum(len(lesson.sentences) for lesson in lessons) >= 60
    for lesson in lessons:
        kinds = Counter(exercise.content.kind() for exercise in lesson.exercises)
        assert 8 <= len(lesson.exercises) <= 12
        assert set(kinds) == {"multiple_choice", "word_bank", "translate", "match_pairs"}


def test_every_answer_that_our_own_course_accepts_is_graded_exact() -> None:
    course, _ = load(DEMO_COURSE)
    assert course is not None
    words = course_lexicon(course)
    for exercise in course.exercises():
        if isinstance(exercise.content, Translate):
            for accepted in exercise.content.accepted:
                assert exercise.content.check(accepted, words).verdict == "exact"


def test_no_phrase_of_our_own_course_comes_twice_running() -> None:
    course, _ = load(DEMO_COURSE)
    assert course is not None
    for lesson in course.lessons():
        subjects = [exercise.content.subject() for exercise in lesson.exercises]
        assert all(one != other for one, other in pairwise(subjects))


def test_the_readme_writes_courses_as_they_are_read() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    course, report = read("".join(re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)))
    assert report.remarks == []
    assert course is not None


@settings(max_examples=15)
@given(courses(("translate",), one_language=False))
def test_what_librelingo_can_say_of_a_course_survives_the_way_there_and_back(course: Course) -> None:
    def there_and_back(before: Course) -> Course | None:
        written = librelingo_writer.write(before, Report(), {})
        with NamedTemporaryFile(suffix=".zip") as file:
            file.write(written.body)
            file.flush()
            loaded, _ = formats.read(Path(file.name), "librelingo", formats.Options(slug="x", title="X"))
        return None if loaded is None else loaded.course

    words = [phrase for lesson in course.lessons() for phrase in lesson.words]
    assume(words)
    once = there_and_back(course)
    assert once is not None
    assert [phrase for lesson in once.lessons() for phrase in lesson.words] == words
    assert [unit.introduction for unit in once.units()] == [unit.introduction for unit in course.units()]
    assert there_and_back(once) == once


def test_what_no_database_stores_is_found_and_what_only_looks_like_it_is_not() -> None:
    lesson = Lesson("l", "A lesson", text="a\0b")
    course = Course("c", "C", "en", "es", (Section("s", "S", (Unit("u", "U", (lesson,)),)),))
    assert list(problems(course)) == ["a text of the lesson `A lesson` has a NUL character"]
    assert list(problems(replace(course, title="\0"))) != []
    named = replace(
        course,
        description="\\u0000",
        sections=(Section("s", "S", (Unit("u", "U", (replace(lesson, text="\\\\u0000"),)),)),),
    )
    assert list(problems(named)) == []
