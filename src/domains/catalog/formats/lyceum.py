"""Lyceum's own format: one YAML file that says all a course document says. What is written reads back the same.

Words and sentences are written with language tags as keys, `{es: el gato, en: [the cat, cat]}`; a course that is not
about a language has `term` and `meaning` there. A lesson's exercises are made from them, unless it lists its own; an
exercise that leaves out its languages gets those of the course. Files are named by their hash, or by their path beside
the YAML: in a directory or a zip file with a `course.yaml`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from domains.catalog.content import (
    Course,
    DictionaryEntry,
    Exercise,
    Lesson,
    Level,
    Licence,
    Material,
    Name,
    Phrase,
    Section,
    Skill,
    Unit,
)
from domains.catalog.formats import archive, source
from domains.catalog.formats.exercises import exercise_key, fill
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.format import Loaded, Options
from domains.catalog.formats.report import Report
from domains.catalog.formats.tree import LARGEST_FILE_BYTES, Fields, Tree, decoded, parse
from domains.catalog.kinds import KINDS, Content
from domains.catalog.kinds.assets import Image
from domains.catalog.policy import groups

VERSION = "1"
COURSE_FILE = "course.yaml"
LARGEST_MEDIA_BYTES = 20_000_000
_MEDIA_KEYS = {"media", "slow"}
WITH_EXERCISE = ("hints", "explanation", "image", "audio", "skills")
"""What goes with an exercise of any kind."""
WITH_COURSE = ("level", "categories", "topics", "tags", "skills", "prerequisites", "image")

KEY = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*")
_KEY_RULE = "a key is made of lower-case Latin letters, digits and single `-`, `_`, `.`, `/`"
_REF = re.compile(r"sha256:[0-9a-f]{64}")
_WHERE = re.compile(r"(?P<what>.*?)(?: - at `(?P<key>key in )?\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")

T = TypeVar("T")

FileReader = Callable[[str], bytes]
"""The file at a path beside the YAML. Raises Unreadable."""


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    """The course in a file, a directory or a zip file; None where the report has errors."""
    is_bare = path.is_file() and not archive.is_zip(path)
    path = path.resolve() if is_bare else path
    name = path.name if is_bare else COURSE_FILE
    try:
        with source.opened(path.parent if is_bare else path, COURSE_FILE) as files:
            text = decoded(files.read(name, LARGEST_FILE_BYTES), name, report)
            if text is None:
                return None
            return _loaded(text, name, report, options, lambda file: files.read(file, LARGEST_MEDIA_BYTES))
    except source.Unreadable as error:
        report.add("error", name, 1, str(error))
        return None


def read_string(text: str, file: str, report: Report) -> Course | None:
    """A course whose files, if it has any, are named by their hash."""

    def none(_: str) -> bytes:
        raise source.Unreadable("a text alone has no files beside it")

    loaded = _loaded(text, file, report, Options(), none)
    return None if loaded is None else loaded.course


def recognises(path: Path) -> bool:
    """A YAML file is ours, and so is a directory or an archive whose course says so."""
    begins = source.beginning(path, COURSE_FILE)
    if begins is not None:
        return bool(re.search(r"^lyceum:", begins, re.MULTILINE))
    return path.suffix.lower() in {".yaml", ".yml"} and path.is_file()


def _loaded(text: str, file: str, report: Report, options: Options, files: FileReader) -> Loaded | None:
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
        {"slug", "title", "description", "learning", "from", "licence", "repository", "special_characters", "kept"}
        | set(WITH_COURSE)
    )
    target = head.need_text("learning")
    reader = _Reader(target, head.text("from") or target, files)
    sections = reader.sections(top)
    course = Course(
        slug=options.slug or head.need_text("slug"),
        title=options.title or head.need_text("title"),
        source_language=reader.source,
        target_language=target,
        sections=sections,
        description=head.raw_text("description"),
        licence=_licence(head),
        repository=head.text("repository"),
        special_characters=head.texts("special_characters"),
        dictionary=reader.dictionary(top),
        level=reader.field(head, "level", Level, ""),
        categories=reader.field(head, "categories", tuple[Name, ...], ()),
        topics=reader.field(head, "topics", tuple[Name, ...], ()),
        tags=reader.field(head, "tags", tuple[Name, ...], ()),
        skills=reader.field(head, "skills", tuple[Skill, ...], ()),
        prerequisites=reader.field(head, "prerequisites", tuple[Name, ...], ()),
        image=reader.field(head, "image", Image | None, None),
        kept=_kept(head),
    )
    return None if report.has_errors else Loaded(fill(course, reader.listed), reader.media)


def _kept(head: Fields) -> Mapping[str, Any]:
    tree = head.get("kept")
    kept = tree.typed() if tree else {}
    if tree and not isinstance(kept, dict):
        tree.say("error", "formats with what they keep are expected here")
    return kept if isinstance(kept, dict) else {}


def _licence(head: Fields) -> Licence | None:
    tree = head.get("licence")
    if tree is None:
        return None
    licence = tree.fields({"name", "url"})
    return Licence(licence.need_text("name"), licence.text("url"))


class _Reader:
    """Reads the nodes of one course, whose languages it knows."""

    def __init__(self, target: str, source: str, files: FileReader) -> None:
        self.target = target
        self.source = source
        self.media: dict[str, bytes] = {}
        self.listed: set[str] = set()
        """Keys of the lessons that say themselves which exercises they have."""
        self._sides = (target, source) if target != source else ("term", "meaning")
        self._files = files

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
        known = {"key", "title", "words", "sentences", "exercises", "form", "text", "materials", "preview"}
        for tree in unit.items("lessons"):
            fields = tree.fields(known)
            key = _key(fields, above, used)
            if fields.get("exercises") is not None:
                self.listed.add(key)
            form = fields.text("form")
            if form not in {"", "lesson", "deck"}:
                tree.at(["form"]).say("error", "`form` is `lesson` or `deck`")
            lessons.append(
                Lesson(
                    key,
                    fields.need_text("title"),
                    self._exercises(fields, key),
                    self._phrases(fields, "words"),
                    self._phrases(fields, "sentences"),
                    form="deck" if form == "deck" else "lesson",
                    text=fields.raw_text("text"),
                    materials=self.field(fields, "materials", tuple[Material, ...], ()),
                    preview=self.field(fields, "preview", bool, False),
                )
            )
        return tuple(lessons)

    def _phrases(self, lesson: Fields, name: str) -> tuple[Phrase, ...]:
        phrases = []
        for tree in lesson.items(name):
            sides = tree.fields(set(self._sides))
            target, source = (sides.need(side) for side in self._sides)
            if target is None or source is None:
                continue
            texts, translations = target.placed_texts(), source.placed_texts()
            for text, place in (*texts.items(), *translations.items()):
                _say_groups(text, place)
            if texts and translations:
                phrases.append(Phrase(tuple(texts), tuple(translations)))
            else:
                tree.say("error", "a phrase needs a text on both sides")
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
        plain: Any = tree.plain(self._named)
        kind = plain.get("kind") if isinstance(plain, dict) else None
        if not isinstance(kind, str) or kind not in KINDS:
            names = ", ".join(f"`{name}`" for name in sorted(KINDS))
            tree.at(["kind"]).say("error", f"`kind` must be one of {names}")
            return None
        local = plain.pop("key", None)
        about = {name: plain.pop(said) for name, said in names_with(kind).items() if said in plain}
        for name, language in KINDS[kind].languages(self.target, self.source).items():
            plain.setdefault(name, language)
        if isinstance(plain.get("accepted"), str):
            plain["accepted"] = [plain["accepted"]]
        content: Content | None = _converted(tree, plain, Content)
        more = _converted(tree, about, _WithExercise)
        if content is None or more is None:
            return None
        for text in content.accepted_texts():
            place = tree.at(["accepted"])
            _say_groups(text, place if place is not tree else tree.at(["gaps"]))
        key = exercise_key(above, content) if local is None else _whole_key(tree.at(["key"]), local, above)
        return Exercise(key, content, **msgspec.structs.asdict(more))

    def field(self, fields: Fields, name: str, form: Any, otherwise: T) -> T:
        """A value of any type that msgspec knows."""
        tree = fields.get(name)
        found = None if tree is None else _converted(tree, tree.plain(self._named), form)
        return otherwise if found is None else cast(T, found)

    def _named(self, path: tuple[str, ...], tree: Tree) -> str:
        """The text at a path of keys; where it is the path of a file, the name of that file."""
        text = tree.raw_text()
        if not names_file(path) or not text or _REF.fullmatch(text):
            return text
        try:
            raw = self._files(text)
        except source.Unreadable as error:
            tree.say("error", f"`{text[:80]}`: {error}")
            return f"sha256:{'0' * 64}"
        ref = ref_of(raw)
        self.media[ref] = raw
        return ref

    def dictionary(self, top: Fields) -> tuple[DictionaryEntry, ...]:
        tree = top.get("dictionary")
        entries = []
        if tree is not None:
            for language, _, words in tree.fields({self.target, self.source}).tree.entries():
                if language in {self.target, self.source}:
                    for word, _, meanings in words.entries("words with meanings"):
                        entries.append(DictionaryEntry(language, word, meanings.texts("a meaning")))
        return tuple(sorted(entries, key=lambda entry: (entry.language, entry.word)))


_WithExercise = msgspec.defstruct(
    "_WithExercise",
    [
        (field.name, field.type, field.default)
        for field in msgspec.structs.fields(Exercise)
        if field.name in WITH_EXERCISE
    ],
    frozen=True,
)


def _keyed_by_texts() -> Iterator[str]:
    for kind in KINDS.values():
        for field in inspect.type_info(kind).fields:  # type: ignore[attr-defined]
            form = field.type
            if isinstance(form, inspect.DictType) and not isinstance(form.value_type, inspect.StructType):
                yield field.encode_name


_KEYED_BY_TEXTS = set(_keyed_by_texts())
"""Fields such as `feedback`, whose keys are texts of an exercise and mean nothing."""


def names_file(path: tuple[str, ...]) -> bool:
    """Whether the text at this path of keys names a file."""
    return bool(path) and path[-1] in _MEDIA_KEYS and (len(path) < 2 or path[-2] not in _KEYED_BY_TEXTS)


def names_with(kind: str) -> dict[str, str]:
    """What goes with an exercise, and how it is called in the file: a name that the kind has itself is the kind's."""
    own = {field.encode_name for field in msgspec.structs.fields(KINDS[kind])}
    return {name: f"with_{name}" if name in own else name for name in WITH_EXERCISE}


def _key(fields: Fields, above: str, used: set[str]) -> str:
    tree = fields.need("key")
    if tree is None:
        return f"{above}/?"
    key = _whole_key(tree, tree.raw_text(), above)
    if key in used:
        tree.say("error", f"the key `{tree.raw_text()}` is used twice; keys identify what learners did")
    used.add(key)
    return key


def _whole_key(tree: Tree, local: object, above: str) -> str:
    """Below the node above it; a key that begins with `/` stands for itself, whatever it is made of."""
    if isinstance(local, str) and local.startswith("/") and len(local) > 1:
        return local[1:]
    if not isinstance(local, str) or not KEY.fullmatch(local):
        tree.say("error", _KEY_RULE)
    return f"{above}/{local}" if above else str(local)


def _say_groups(text: str, place: Tree) -> None:
    for problem in groups.problems(text):
        where = f"`{text[:40]}`, character {problem.position}"
        place.say("warning", f"{problem.message}, so this is taken literally ({where})")


def _converted(tree: Tree, plain: Any, form: Any) -> Any:
    """None, and a remark on the line that it is about, where `plain` is not of that form."""
    try:
        return msgspec.convert(plain, type=form, strict=False)
    except msgspec.ValidationError as error:
        found = _WHERE.fullmatch(str(error))
        what = found["what"] if found else str(error)
        path = (found["path"] if found else "") or ""
        unknown = re.search(r"unknown field `([^`]*)`", what)
        steps: list[str | int] = [name or int(number) for name, number in _STEP.findall(path)]
        place = tree.at([*steps, unknown[1]] if unknown else steps)
        place.say("error", f"{what[:1].lower()}{what[1:]}" + (f" (`{path.lstrip('.')}`)" if path else ""))
        return None
