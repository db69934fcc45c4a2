"""Writes Lyceum's own YAML: what `lyceum.read` reads back as the same course.

With files it is a zip of `course.yaml` and `media/`, in which the course names them by their paths.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
import yaml

from domains.catalog.content import Course, DictionaryEntry, Exercise, Lesson, Phrase, Section, Unit
from domains.catalog.formats import archive
from domains.catalog.formats.exercises import made_of_phrases
from domains.catalog.formats.files import file_name
from domains.catalog.formats.format import Media, Written
from domains.catalog.formats.lyceum import COURSE_FILE, KEY, VERSION, WITH_COURSE, names_file, names_with
from domains.catalog.formats.report import Report


def write(course: Course, report: Report, media: Media) -> Written:
    """Everything that a course says."""
    for entry in course.dictionary:
        if entry.language not in {course.target_language, course.source_language}:
            report.add("warning", course.slug, 1, f"the dictionary's `{entry.word}` is of neither language: left out")
    names = {ref: f"media/{file_name(ref, raw)}" for ref, raw in media.items()}
    text = write_string(course, names).encode()
    if not names:
        return Written(text, ".yaml", "application/yaml")
    files = {COURSE_FILE: text, **{names[ref]: raw for ref, raw in media.items()}}
    return Written(archive.packed(files, plain=list(names.values())), ".zip", "application/zip")


def write_string(course: Course, names: Mapping[str, str] | None = None) -> str:
    """The course as a Lyceum YAML file. Exercises that follow from words and sentences are not written out."""
    writer = _Writer(course, made_of_phrases(course), names or {})
    return yaml.dump(
        writer.document(), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110, default_flow_style=None
    )


class _Dumper(yaml.CSafeDumper):
    """Writes no aliases, which `read` would refuse, and texts of several lines as blocks."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    is_block = "\n" in text and text == text.strip()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


_Dumper.add_representer(str, _text)


class _Writer:
    def __init__(self, course: Course, made: Mapping[str, tuple[Exercise, ...]], names: Mapping[str, str]) -> None:
        self._course = course
        self._made = made
        self._names = names
        languages = (course.target_language, course.source_language)
        self._sides = languages if languages[0] != languages[1] else ("term", "meaning")

    def document(self) -> dict[str, Any]:
        course = self._course
        about: dict[str, Any] = {"slug": course.slug, "title": course.title}
        if course.description:
            about["description"] = course.description
        about["learning"] = course.target_language
        if course.source_language != course.target_language:
            about["from"] = course.source_language
        said = self._said(course)
        for name in ("licence", "repository", "special_characters", *WITH_COURSE, "kept"):
            if name in said:
                about[name] = said[name]
        document: dict[str, Any] = {"lyceum": int(VERSION), "course": about}
        document["sections"] = [self._section(section) for section in course.sections]
        entries = [entry for entry in course.dictionary if entry.language in self._languages()]
        if entries:
            document["dictionary"] = _dictionary(entries)
        return document

    def _languages(self) -> set[str]:
        return {self._course.target_language, self._course.source_language}

    def _section(self, section: Section) -> dict[str, Any]:
        units = [self._unit(unit, section.key) for unit in section.units]
        return {"key": _local(section.key, ""), "title": section.title, "units": units}

    def _unit(self, unit: Unit, above: str) -> dict[str, Any]:
        written: dict[str, Any] = {"key": _local(unit.key, above), "title": unit.title}
        if unit.introduction:
            written["introduction"] = unit.introduction
        written["lessons"] = [self._lesson(lesson, unit.key) for lesson in unit.lessons]
        return written

    def _lesson(self, lesson: Lesson, above: str) -> dict[str, Any]:
        written: dict[str, Any] = {"key": _local(lesson.key, above), "title": lesson.title}
        said = self._said(lesson)
        written |= {name: said[name] for name in ("form", "preview", "text", "materials") if name in said}
        for name, phrases in (("words", lesson.words), ("sentences", lesson.sentences)):
            if phrases:
                written[name] = [self._phrase(phrase) for phrase in phrases]
        if lesson.exercises != self._made[lesson.key]:
            written["exercises"] = [self._exercise(exercise, lesson.key) for exercise in lesson.exercises]
        return written

    def _phrase(self, phrase: Phrase) -> dict[str, Any]:
        target, source = self._sides
        return {target: _one_or_list(phrase.target), source: _one_or_list(phrase.source)}

    def _exercise(self, exercise: Exercise, above: str) -> dict[str, Any]:
        said = self._said(exercise)
        content = said["content"]
        kind = content.pop("kind")
        with_it = {name: said[own] for own, name in names_with(kind).items() if own in said}
        return {"kind": kind, "key": _local(exercise.key, above), **content, **with_it}

    def _said(self, node: Exercise | Lesson | Course) -> dict[str, Any]:
        """Its own fields that are not as they are by themselves, with paths for the files that are given."""
        bare: Any = node
        if isinstance(node, Course):
            bare = msgspec.structs.replace(node, sections=(), dictionary=())
        elif isinstance(node, Lesson):
            bare = msgspec.structs.replace(node, exercises=(), words=(), sentences=())
        plain: dict[str, Any] = msgspec.to_builtins(bare)
        return cast(dict[str, Any], self._named(plain)) if self._names else plain

    def _named(self, plain: Any, path: tuple[str, ...] = ()) -> Any:
        if isinstance(plain, dict):
            return {key: self._named(value, (*path, key)) for key, value in plain.items()}
        if isinstance(plain, list | tuple):
            return [self._named(item, path) for item in plain]
        return self._names.get(plain, plain) if isinstance(plain, str) and names_file(path) else plain


def _dictionary(entries: Iterable[DictionaryEntry]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for entry in entries:
        written.setdefault(entry.language, {})[entry.word] = list(entry.meanings)
    return written


def _local(key: str, above: str) -> str:
    """Without what it shares with the node above; a key that is no path of ours is written whole."""
    local = key.removeprefix(f"{above}/") if above else key
    return local if KEY.fullmatch(local) and (not above or local != key) else f"/{key}"


def _one_or_list(texts: tuple[str, ...]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)
