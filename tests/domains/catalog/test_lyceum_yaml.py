"""Our own format says all that a course says: what is written reads back as the same course."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from domains.catalog import formats
from domains.catalog.content import Course, problems
from domains.catalog.formats import archive, lyceum, lyceum_writer
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.report import Report
from factories.courses import courses

PICTURE = b"\x89PNG\r\n\x1a\n of a cat"


def read(text: str) -> tuple[Course | None, Report]:
    report = Report()
    return lyceum.read_string(text, "course.yaml", report), report


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
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
