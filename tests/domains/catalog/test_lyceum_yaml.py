"""Our own format says all that a course says: what is written reads back as the same course."""

import os
import re
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from domains.catalog import formats
from domains.catalog.content import Course, problems
from domains.catalog.formats import archive, lyceum, lyceum_docs, lyceum_schema, lyceum_writer
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.report import Report
from domains.catalog.kinds import KINDS
from factories.courses import courses

PICTURE = b"\x89PNG\r\n\x1a\n of a cat"


def read(text: str) -> tuple[Course | None, Report]:
    report = Report()
    return lyceum.read_string(text, "course.yaml", report), report


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(courses())
def test_any_course_that_is_written_reads_back_the_same(course: Course) -> None:
    assert not list(problems(course))
    again, report = read(lyceum_writer.write_string(course))
    assert again == course, report.of("error")


WITH_FILES = """
lyceum: 1
course: {slug: biology, title: Biology, learning: en, image: {media: cover.png, alt: Leaves}}
sections:
  - key: cells
    title: Cells
    units:
      - key: parts
        title: Parts
        lessons:
          - key: words
            title: Words
            preview: true
            text: |
              # The cell

              Read **this** first.
            materials: [{title: Sheet, media: files/sheet.pdf}]
            words:
              - {term: nucleus, meaning: where the genes are}
              - {term: membrane, meaning: the skin of a cell}
              - {term: wall, meaning: what plants have around it}
            exercises:
              - kind: multiple_choice
                text: What has a wall?
                options: [plants, animals]
                answer: plants
                hints: [They are green., They grow.]
                explanation: |
                  Animals have only a *membrane*.
                image: {media: cover.png}
                audio: {media: said.mp3, slow: slowly.mp3}
                skills: [cells]
"""


def with_files(root: Path) -> Path:
    (root / "files").mkdir(parents=True)
    for name in ("cover.png", "files/sheet.pdf", "said.mp3", "slowly.mp3"):
        (root / name).write_bytes(PICTURE + name.encode())
    (root / "course.yaml").write_text(WITH_FILES)
    return root


def test_files_beside_the_course_come_with_it_and_go_with_it(tmp_path: Path) -> None:
    loaded, report = formats.read(with_files(tmp_path))
    assert loaded is not None, report.remarks
    assert loaded.course.image is not None
    assert loaded.course.image.media == ref_of(PICTURE + b"cover.png")
    assert len(loaded.media) == 4
    written, _ = formats.write(loaded.course, "lyceum", loaded.media)
    assert written is not None
    path = tmp_path / f"again{written.suffix}"
    path.write_bytes(written.body)
    again, report = formats.read(path)
    assert not report.remarks
    assert again is not None
    assert again.course == loaded.course
    assert again.media == loaded.media


def test_a_course_that_is_about_no_language_has_terms_and_meanings(tmp_path: Path) -> None:
    loaded, _ = formats.read(with_files(tmp_path))
    assert loaded is not None
    course = loaded.course
    (lesson,) = course.lessons()
    assert course.source_language == course.target_language == "en"
    assert lesson.preview
    assert lesson.text == "# The cell\n\nRead **this** first."
    assert lesson.words[0].source == ("where the genes are",)
    assert [exercise.hints for exercise in lesson.exercises] == [("They are green.", "They grow.")]


def test_a_file_outside_the_course_or_absent_is_an_error_with_its_line(tmp_path: Path) -> None:
    root = with_files(tmp_path / "course")
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "link.mp3").symlink_to(tmp_path / "secret")
    text = WITH_FILES.replace("cover.png, alt", "../secret, alt").replace("said.mp3", "link.mp3")
    (root / "course.yaml").write_text(text.replace("slowly.mp3", os.devnull))
    loaded, report = formats.read(root)
    assert loaded is None
    assert [(remark.line, remark.message.split("`")[1]) for remark in report.of("error")] == [
        (32, "link.mp3"),
        (32, os.devnull),
        (3, "../secret"),
    ]


def test_the_page_about_the_format_is_made_of_the_kinds() -> None:
    assert (Path(__file__).parents[3] / "docs/lyceum-yaml.md").read_text() == lyceum_docs.page()


def test_every_example_of_the_page_is_read_and_allowed_by_the_schema(tmp_path: Path) -> None:
    first, *examples = re.findall(r"```yaml\n(.*?)```", lyceum_docs.page(), re.DOTALL)
    exercises = [exercise for example in examples for exercise in yaml.safe_load(example)]
    document = yaml.safe_load(first)
    document["sections"][0]["units"][0]["lessons"].append({"key": "all", "title": "All", "exercises": exercises})
    (tmp_path / "media").mkdir()
    for name in re.findall(r"media/[a-z]+\.[a-z0-9]+", lyceum_docs.page()):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "course.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    loaded, report = formats.read(tmp_path)
    assert report.remarks == []
    assert loaded is not None
    assert {exercise.content.kind() for exercise in list(loaded.course.lessons())[1].exercises} == set(KINDS)
    jsonschema_rs.validate(lyceum_schema.schema(), document)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(courses())
def test_whatever_is_written_is_allowed_by_the_schema(course: Course) -> None:
    _VALIDATOR.validate(yaml.safe_load(lyceum_writer.write_string(course)))


_VALIDATOR = jsonschema_rs.validator_for(lyceum_schema.schema())


@pytest.mark.parametrize(
    "damage",
    [
        ("learning: en", "learns: en"),
        ("answer: plants", "answr: plants"),
        ("kind: multiple_choice", "kind: juggle"),
        ("preview: true", "preview: perhaps"),
        ("key: cells", "key: Cells and more"),
    ],
)
def test_the_schema_refuses_what_we_refuse(damage: tuple[str, str]) -> None:
    text = re.sub(r"media: [a-z/]+\.[a-z0-9]+", f"media: sha256:{'a' * 64}", WITH_FILES).replace(
        ", slow: slowly.mp3", ""
    )
    assert _VALIDATOR.is_valid(yaml.safe_load(text))
    assert read(text)[0] is not None
    broken = text.replace(*damage)
    assert not _VALIDATOR.is_valid(yaml.safe_load(broken))
    assert read(broken)[0] is None


BAD_ARCHIVES = [
    ({"other.yaml": b""}, "there is no file `course.yaml`"),
    ({"course.yaml": b"lyceum: 1\n\xff"}, "not UTF-8"),
    ({"course.yaml": WITH_FILES.encode()}, "`cover.png`: there is no file"),
]


@pytest.mark.parametrize(("files", "message"), BAD_ARCHIVES)
def test_a_bad_archive_says_what_is_wrong(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    path = tmp_path / "course.zip"
    path.write_bytes(archive.packed(files))
    loaded, report = formats.read(path, "lyceum")
    assert loaded is None
    assert message in report.remarks[0].message


def test_an_option_that_is_called_like_a_key_of_files_is_no_file() -> None:
    text = WITH_FILES.split("    title: Cells")[0].replace(", image: {media: cover.png, alt: Leaves}", "")
    course, report = read(
        f"{text}    title: Cells\n    units: [{{key: u, title: U, lessons: [{{key: l, title: L, exercises: ["
        "{kind: multiple_choice, text: sock, options: [media, mano], answer: media, feedback: {media: Yes.}}]}]}]\n"
    )
    assert course is not None, report.remarks
