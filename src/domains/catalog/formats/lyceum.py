"""Lyceum's own format: one YAML file that says all a course document says. What `write` writes, `read` reads back.

Words and sentences are written with language tags as keys, `{es: el gato, en: [the cat, cat]}`. A lesson's exercises
are made from them, unless it lists its own; an exercise that leaves out its languages gets those of the course.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from domains.catalog.content import Course, DictionaryEntry, Exercise, Lesson, Licence, Phrase, Section, Unit
from domains.catalog.formats.exercises import exercise_key, fill
from domains.catalog.formats.format import Format, Loaded, Media, Options, Written
from domains.catalog.formats.report import Report
from domains.catalog.formats.tree import Fields, Tree, parse, read_text
from domains.catalog.kinds import KINDS, Content
from domains.catalog.policy import groups

VERSION = "1"

_KEY = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*")
_KEY_RULE = "a key is made of lower-case Latin letters, digits and single `-`, `_`, `.`, `/`"
_WHERE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_TARGET_FIRST = {"cloze", "match_pairs", "multiple_choice"}


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    """The course in the file `path`; None where the report has errors."""
    text = read_text(path, path.name, report)
    course = None if text is None else read_string(text, path.name, report)
    if course is None:
        return None
    return Loaded(
        msgspec.structs.replace(course, slug=options.slug or course.slug, title=options.title or course.title)
    )


def read_string(text: str, file: str, report: Report) -> Course | None:
    tree = parse(text, file, report)
    if tree is None:
        return None
    top = tree.fields({"lyceum", "course", "sections", "dictionary"})
    version = top.need("lyceum")
    if version is not None and version.text() != VERSION:
        version.say("error", f"only version {VERSION} of the format is understood")
    about = top.need("course")
    if about is None:
        return None
    head = about.fields(
        {"slug", "title", "description", "learning", "from", "licence", "repository", "special_characters"}
    )
    target, source = head.need_text("learning"), head.need_text("from")
    if target == source:
        about.say("error", "`learning` and `from` must be two languages")
    reader = _Reader(target, source)
    sections = reader.sections(top)
    dictionary = reader.dictionary(top)
    slug, title = head.need_text("slug"), head.need_text("title")
    if report.has_errors:
        return None
    return fill(
        Course(
            slug=slug,
            title=title,
            source_language=source,
            target_language=target,
            sections=sections,
            description=head.raw_text("description"),
            licence=_licence(head),
            repository=head.text("repository"),
            special_characters=head.texts("special_characters"),
            dictionary=dictionary,
        )
    )


def _licence(head: Fields) -> Licence | None:
    tree = head.get("licence")
    if tree is None:
        return None
    licence = tree.fields({"name", "url"})
    return Licence(licence.need_text("name"), licence.text("url"))


class _Reader:
    """Reads the nodes of one course, whose languages it knows."""

    def __init__(self, target: str, source: str) -> None:
        self.target = target
        self.source = source

    def sections(self, top: Fields) -> tuple[Section, ...]:
        sections = []
        used: set[str] = set()
        for tree in top.items("sections"):
            fields = tree.fields({"key", "title", "units"})
            key = _key(fields, "", used)
            sections.append(Section(key, fields.need_text("title"), self._units(fields, key)))
        return tuple(sections)

    def _units(self, section: Fields, above: str) -> tuple[Unit, ...]:
        units = []
        used: set[str] = set()
        for tree in section.items("units"):
            fields = tree.fields({"key", "title", "introduction", "lessons"})
            key = _key(fields, above, used)
            lessons = self._lessons(fields, key)
            units.append(Unit(key, fields.need_text("title"), lessons, fields.raw_text("introduction")))
        return tuple(units)

    def _lessons(self, unit: Fields, above: str) -> tuple[Lesson, ...]:
        lessons = []
        used: set[str] = set()
        for tree in unit.items("lessons"):
            fields = tree.fields({"key", "title", "words", "sentences", "exercises"})
            key = _key(fields, above, used)
            exercises = self._exercises(fields, key)
            words, sentences = self._phrases(fields, "words"), self._phrases(fields, "sentences")
            lessons.append(Lesson(key, fields.need_text("title"), exercises, words, sentences))
        return tuple(lessons)

    def _phrases(self, lesson: Fields, name: str) -> tuple[Phrase, ...]:
        phrases = []
        for tree in lesson.items(name):
            sides = tree.fields({self.target, self.source})
            target, source = sides.need(self.target), sides.need(self.source)
            if target is None or source is None:
                continue
            texts, translations = target.placed_texts(), source.placed_texts()
            for text, place in (*texts.items(), *translations.items()):
                _say_groups(text, place)
            if texts and translations:
                phrases.append(Phrase(tuple(texts), tuple(translations)))
            else:
                tree.say("error", "a phrase needs a text in both languages")
        return tuple(phrases)

    def _exercises(self, lesson: Fields, above: str) -> tuple[Exercise, ...]:
        exercises = []
        used: set[str] = set()
        for tree in lesson.items("exercises"):
            exercise = self._exercise(tree, above)
            if exercise is None:
                continue
            if exercise.key in used:
                tree.say("error", f"two exercises of this lesson have the key `{exercise.key}`; give one another `key`")
            used.add(exercise.key)
            exercises.append(exercise)
        return tuple(exercises)

    def _exercise(self, tree: Tree, above: str) -> Exercise | None:
        places = {key: value for key, _, value in tree.entries()}
        plain = {key: value.plain() for key, value in places.items()}
        kind = plain.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            place = places.get("kind", tree)
            place.say("error", f"`kind` must be one of {', '.join(f'`{name}`' for name in sorted(KINDS))}")
            return None
        local = plain.pop("key", None)
        self._complete(kind, plain)
        try:
            content: Content = msgspec.convert(plain, type=Content)
        except msgspec.ValidationError as error:
            _say_invalid(tree, places, str(error))
            return None
        for text in content.accepted_texts():
            _say_groups(text, places.get("accepted", places.get("gaps", tree)))
        if local is None:
            return Exercise(exercise_key(above, content), content)
        if not isinstance(local, str) or not _KEY.fullmatch(local):
            places["key"].say("error", _KEY_RULE)
            return None
        return Exercise(f"{above}/{local}", content)

    def _complete(self, kind: str, plain: dict[str, Any]) -> None:
        """Adds the languages that were left out, and makes a single accepted text a list."""
        first, second = (self.target, self.source) if kind in _TARGET_FIRST else (self.source, self.target)
        names = {field.encode_name for field in msgspec.structs.fields(KINDS[kind])}
        for name in names & {"language", "option_language", "answer_language", "right_language"}:
            plain.setdefault(name, first if name == "language" else second)
        if isinstance(plain.get("accepted"), str):
            plain["accepted"] = [plain["accepted"]]

    def dictionary(self, top: Fields) -> tuple[DictionaryEntry, ...]:
        tree = top.get("dictionary")
        entries = []
        if tree is not None:
            for language, _, words in tree.fields({self.target, self.source}).tree.entries():
                if language in {self.target, self.source}:
                    for word, _, meanings in words.entries("words with meanings"):
                        entries.append(DictionaryEntry(language, word, meanings.texts("a meaning")))
        return tuple(sorted(entries, key=lambda entry: (entry.language, entry.word)))


def _key(fields: Fields, above: str, used: set[str]) -> str:
    tree = fields.need("key")
    local = tree.text() if tree else ""
    if tree is not None:
        if not _KEY.fullmatch(local):
            tree.say("error", _KEY_RULE)
        elif local in used:
            tree.say("error", f"the key `{local}` is used twice; keys identify what learners did")
    used.add(local)
    return f"{above}/{local}" if above else local


def _say_groups(text: str, place: Tree) -> None:
    for problem in groups.problems(text):
        where = f"`{text[:40]}`, character {problem.position}"
        place.say("warning", f"{problem.message}, so this is taken literally ({where})")


def _say_invalid(tree: Tree, places: dict[str, Tree], error: str) -> None:
    """Puts the remark on the line of the field that it is about."""
    found = _WHERE.fullmatch(error)
    path = found["path"] if found and found["path"] else ""
    field = path.lstrip(".").partition("[")[0].partition(".")[0]
    what = found["what"] if found else error
    unknown = re.search(r"unknown field `([^`]*)`", what)
    place = places.get(unknown[1] if unknown else field, tree)
    place.say("error", f"{what[:1].lower()}{what[1:]}" + (f" (`{field}`)" if field else ""))


def write(course: Course, report: Report, media: Media) -> Written:
    """Everything that a course says."""
    return Written(write_string(course).encode(), ".yaml", "application/yaml")


def write_string(course: Course) -> str:
    """The course as a Lyceum YAML file. Exercises that follow from words and sentences are not written out."""
    bare = msgspec.structs.replace(
        course,
        sections=tuple(
            msgspec.structs.replace(
                section,
                units=tuple(msgspec.structs.replace(unit, lessons=_bare(unit.lessons)) for unit in section.units),
            )
            for section in course.sections
        ),
    )
    made = {lesson.key: lesson.exercises for lesson in fill(bare).lessons()}
    about: dict[str, Any] = {"slug": course.slug, "title": course.title}
    if course.description:
        about["description"] = course.description
    about |= {"learning": course.target_language, "from": course.source_language}
    if course.licence:
        about["licence"] = msgspec.to_builtins(course.licence)
    if course.repository:
        about["repository"] = course.repository
    if course.special_characters:
        about["special_characters"] = list(course.special_characters)
    document: dict[str, Any] = {"lyceum": int(VERSION), "course": about}
    document["sections"] = [_section(course, section, made) for section in course.sections]
    if course.dictionary:
        document["dictionary"] = _dictionary(course.dictionary)
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110, default_flow_style=None)


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, which `read` would refuse."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _bare(lessons: Sequence[Lesson]) -> tuple[Lesson, ...]:
    return tuple(msgspec.structs.replace(lesson, exercises=()) for lesson in lessons)


def _section(course: Course, section: Section, made: dict[str, tuple[Exercise, ...]]) -> dict[str, Any]:
    units = []
    for unit in section.units:
        written: dict[str, Any] = {"key": _local(unit.key, section.key), "title": unit.title}
        if unit.introduction:
            written["introduction"] = unit.introduction
        written["lessons"] = [_lesson(course, lesson, unit.key, made[lesson.key]) for lesson in unit.lessons]
        units.append(written)
    return {"key": section.key, "title": section.title, "units": units}


def _lesson(course: Course, lesson: Lesson, above: str, made: tuple[Exercise, ...]) -> dict[str, Any]:
    written: dict[str, Any] = {"key": _local(lesson.key, above), "title": lesson.title}
    for name, phrases in (("words", lesson.words), ("sentences", lesson.sentences)):
        if phrases:
            written[name] = [
                {
                    course.target_language: _one_or_list(phrase.target),
                    course.source_language: _one_or_list(phrase.source),
                }
                for phrase in phrases
            ]
    if lesson.exercises != made:
        written["exercises"] = [_exercise(exercise, lesson.key) for exercise in lesson.exercises]
    return written


def _exercise(exercise: Exercise, above: str) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(exercise.content)
    kind = content.pop("kind")
    return {"kind": kind, "key": _local(exercise.key, above), **content}


def _dictionary(entries: Iterable[DictionaryEntry]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for entry in entries:
        written.setdefault(entry.language, {})[entry.word] = list(entry.meanings)
    return written


def _local(key: str, above: str) -> str:
    return key.removeprefix(f"{above}/")


def _one_or_list(texts: tuple[str, ...]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)


def _recognises(path: Path) -> bool:
    return path.suffix in {".yaml", ".yml"} and path.is_file()


FORMAT = Format("lyceum", "Lyceum YAML", read, write, _recognises)
