"""Lists of words as tables, with commas, tabs, `;` or `|`: a row is a word or a sentence and what it means.

The first row may name its columns, in several usual ways or by languages; without names there are the word, what it
means, and other translations. `section`, `unit` and `lesson` say where a row belongs; rows without them fill lessons of
a handful each. Exercises follow from the words as in our own YAML, with more where there are pictures and sounds.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from domains.catalog.content import LANGUAGE_TAG, TITLE_LENGTH, Course, Exercise, Lesson, Phrase, Section, Unit
from domains.catalog.formats import source
from domains.catalog.formats.bank import DEFAULT_LANGUAGE
from domains.catalog.formats.exercises import exercise_key, fill
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.format import Loaded, Options
from domains.catalog.formats.language_names import tag_of
from domains.catalog.formats.librelingo import slugified
from domains.catalog.formats.report import Report, Severity
from domains.catalog.formats.slugs import Slugs
from domains.catalog.kinds import Content, Flashcard, ListenType, PickPicture
from domains.catalog.kinds.assets import ALT_LENGTH, Audio, Image
from domains.catalog.kinds.kind import LONGEST_TEXT
from domains.catalog.policy import groups

LARGEST_FILE_BYTES = 8_000_000
LARGEST_MEDIA_BYTES = 20_000_000
MOST_ROWS = 20_000
ROWS_IN_LESSON = 7
LESSONS_IN_UNIT = 10
"""Of rows that do not say where they belong. Always as many, so that rows that are added leave the others in place."""
PICTURES = 3

COLUMNS = (
    "target",
    "synonyms",
    "source",
    "alternatives",
    "type",
    "section",
    "unit",
    "lesson",
    "example",
    "example meaning",
    "note",
    "tags",
    "image",
    "audio",
)
_ALSO: Mapping[str, str] = {
    **dict.fromkeys(("word", "words", "term", "phrase", "front", "vocabulary", "expression"), "target"),
    **dict.fromkeys(("translation", "meaning", "definition", "back", "gloss"), "source"),
    **dict.fromkeys(("also accepted", "alternative", "other translations", "more translations"), "alternatives"),
    **dict.fromkeys(("synonym", "other words", "variants"), "synonyms"),
    **dict.fromkeys(("example sentence", "sentence"), "example"),
    **dict.fromkeys(("example translation", "sentence translation"), "example meaning"),
    **dict.fromkeys(("notes", "comment", "explanation"), "note"),
    **dict.fromkeys(("tag", "skills"), "tags"),
    **dict.fromkeys(("picture", "photo"), "image"),
    **dict.fromkeys(("sound", "pronunciation"), "audio"),
    **dict.fromkeys(("kind",), "type"),
    **dict.fromkeys(("chapter", "module"), "unit"),
}
_SENTENCE = re.compile(r".*[.!?…。！？]|\S+(\s+\S+){3,}", re.DOTALL)
_MANY = re.compile(r"\s*[;|]\s*")
_GUARDED = re.compile(r"'+[=+\-@]")
_REF = re.compile(r"sha256:[0-9a-f]{64}")


class _Row(Struct, frozen=True):
    line: int
    cells: Mapping[str, str]

    def of(self, column: str) -> str:
        return self.cells.get(column, "")

    def many(self, column: str) -> list[str]:
        return [text for text in _MANY.split(self.of(column)) if text]


class _Word(Struct, frozen=True):
    phrase: Phrase
    kind: str
    """`word`, `sentence` or `card`."""
    note: str
    tags: tuple[str, ...]
    image: Image | None
    audio: Audio | None


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    """The words of a file; None where the report has errors."""
    try:
        with source.opened(path.parent, path.name) as files:
            raw = files.read(path.name, LARGEST_FILE_BYTES)
            text = _decoded(raw, path.name, report)
            table = list(_table(text, path, report))
            return _Reader(files, path, report, options).loaded(table)
    except source.Unreadable as error:
        report.add("error", path.name, 1, str(error))
        return None


def recognises(path: Path) -> bool:
    return path.suffix.lower() in {".csv", ".tsv", ".tab"} and path.is_file()


def _decoded(raw: bytes, file: str, report: Report) -> str:
    """UTF-8, UTF-16 where it says so, and else what Windows calls 1252."""
    try:
        text = raw.decode("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        report.add("warning", file, line, "the file is not UTF-8: it was read as Windows-1252, look at its accents")
        text = raw.decode("cp1252", "replace")
    return text.replace("\x00", "\ufffd")


def _table(text: str, path: Path, report: Report) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every row that is not empty."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=_delimiter(lines, path))
    line = 1
    try:
        for count, cells in enumerate(reader):
            if count > MOST_ROWS:
                report.add("error", path.name, line, f"the file has more than {MOST_ROWS} rows")
                return
            if any("\n" in cell and cell.count("\n") > 20 for cell in cells):
                report.add("error", path.name, line, "a quote is opened here and not closed")
                return
            if any(cell.strip() for cell in cells):
                yield line, [_plain(cell) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        report.add("error", path.name, max(1, reader.line_num), f"this is no table: {error}")


def _plain(cell: str) -> str:
    text = " ".join(cell.split())
    return text[1:] if _GUARDED.match(text) else text


def _delimiter(lines: Sequence[str], path: Path) -> str:
    """What parts most rows into as many cells."""
    if path.suffix.lower() in {".tsv", ".tab"}:
        return "\t"
    best, most = ",", 0
    for delimiter in ",\t;|":
        try:
            widths = [len(row) for row in csv.reader(lines[:30], delimiter=delimiter) if row]
        except csv.Error:
            continue
        agreed = max((widths.count(width) for width in set(widths) if width > 1), default=0)
        if agreed > most:
            best, most = delimiter, agreed
    return best


_Places = dict[tuple[str, str, str], list[_Word]]


class _Reader:
    def __init__(self, files: source.Source, path: Path, report: Report, options: Options) -> None:
        self._files = files
        self._path = path
        self._report = report
        self._options = options
        self._media: dict[str, bytes] = {}
        self._line = 1
        self.target = options.target_language or ""
        self.source = options.source_language or ""

    def loaded(self, table: Sequence[tuple[int, list[str]]]) -> Loaded | None:
        if not table:
            self._say("error", "the file has no rows")
            return None
        columns = self._columns(table[0][1])
        rows = table if columns is None else table[1:]
        columns = columns or ["target", "source", "alternatives"]
        self._settle_languages()
        course = self._course([_Row(line, self._cells(line, columns, cells)) for line, cells in rows])
        return None if self._report.has_errors else Loaded(course, self._media)

    def _columns(self, cells: Sequence[str]) -> list[str] | None:
        """What the first row names; None where it names nothing."""
        names = [_ALSO.get(cell.lower(), cell.lower()) for cell in cells]
        tags = [
            tag_of(name) or (cell if LANGUAGE_TAG.fullmatch(cell) else "")
            for name, cell in zip(names, cells, strict=True)
        ]
        if not {"target", "source"} & set(names):
            if len(tags) < 2 or not (tags[0] and tags[1]):
                return None
            self.target, self.source = self.target or tags[0], self.source or tags[1]
            swapped = self.target == tags[1] and self.source == tags[0]
            names[:2] = ["source", "target"] if swapped else ["target", "source"]
        for name, cell in zip(names, cells, strict=True):
            if name not in COLUMNS and cell:
                self._say("warning", f"the column `{cell[:40]}` is not understood and was left out")
            elif name in COLUMNS and names.count(name) > 1:
                self._say("error", f"two columns are `{name}`")
        if "target" not in names or "source" not in names:
            self._say("error", "a column for the words (`target`) and one for what they mean (`source`) are needed")
        return names

    def _settle_languages(self) -> None:
        given = self.target or self.source
        if not given:
            self._say("note", f"the file does not say its languages: `{DEFAULT_LANGUAGE}` is taken")
        self.target = self.target or given or DEFAULT_LANGUAGE
        self.source = self.source or given or DEFAULT_LANGUAGE
        for language in (self.target, self.source):
            if not LANGUAGE_TAG.fullmatch(language):
                self._say("error", f"`{language}` is no BCP 47 language tag")

    def _cells(self, line: int, columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
        self._line = line
        if any(cells[len(columns) :]):
            self._say("warning", f"the row has {len(cells)} cells, and {len(columns)} are understood")
        return {name: cell for name, cell in zip(columns, cells, strict=False) if name in COLUMNS}

    def _course(self, rows: Sequence[_Row]) -> Course:
        title = (self._options.title or self._path.stem.replace("_", " ").strip() or "Words")[:TITLE_LENGTH]
        places: _Places = {}
        seen: set[tuple[tuple[str, str, str], Phrase]] = set()
        loose: Counter[tuple[str, str]] = Counter()
        for row in rows:
            self._line = row.line
            word = self._word(row)
            if word is None:
                continue
            section, unit, lesson = (row.of(name)[:TITLE_LENGTH] for name in ("section", "unit", "lesson"))
            section = section or title
            if not lesson:
                number = loose[section, unit] // ROWS_IN_LESSON
                loose[section, unit] += 1
                lesson = f"{(unit or section)[: TITLE_LENGTH - 8]} {number + 1}"
                unit = unit or f"{section[: TITLE_LENGTH - 8]} {number // LESSONS_IN_UNIT + 1}"
            unit = unit or section
            place = (section, unit, lesson)
            if (place, word.phrase) in seen:
                self._say("note", f"`{word.phrase.target[0][:40]}` is there twice in its lesson: left out")
            else:
                seen.add((place, word.phrase))
                places.setdefault(place, []).append(word)
        course = Course(
            slug=self._options.slug or slugified(self._path.stem),
            title=title,
            source_language=self.source,
            target_language=self.target,
            sections=tuple(_sections(places)),
        )
        words = dict(zip([lesson.key for lesson in course.lessons()], _in_order(places), strict=True))
        return self._with_more(fill(course, {key for key, found in words.items() if _is_deck(found)}), words)

    def _word(self, row: _Row) -> _Word | None:
        target = dict.fromkeys([row.of("target"), *row.many("synonyms")])
        source_texts = dict.fromkeys([row.of("source"), *row.many("alternatives")])
        if not row.of("target") or not row.of("source"):
            self._say("warning", "the row has no word, or does not say what it means: left out")
            return None
        if any(len(text) > LONGEST_TEXT for text in (*target, *source_texts)):
            self._say("warning", f"a text has more than {LONGEST_TEXT} characters: left out")
            return None
        for text in (*target, *source_texts):
            for problem in groups.problems(text):
                self._say("warning", f"{problem.message}, so this is taken literally (`{text[:40]}`)")
        kind = row.of("type").lower()
        if kind not in {"word", "sentence", "card"}:
            if kind:
                self._say("warning", f"`{kind[:20]}` is no type of row: known are `word`, `sentence` and `card`")
            kind = "sentence" if _SENTENCE.fullmatch(row.of("target")) else "word"
        example = " — ".join(text for text in (row.of("example"), row.of("example meaning")) if text)
        image, audio = (self._file(row.of(name)) for name in ("image", "audio"))
        return _Word(
            Phrase(tuple(target), tuple(source_texts)),
            kind,
            "\n\n".join(text for text in (example, row.of("note")) if text),
            tuple(tag[:80] for tag in dict.fromkeys(row.many("tags"))),
            Image(image, row.of("source")[:ALT_LENGTH]) if image else None,
            Audio(audio) if audio else None,
        )

    def _file(self, name: str) -> str | None:
        """Of a file beside the table."""
        if not name or _REF.fullmatch(name):
            return name or None
        try:
            raw = self._files.read(name, LARGEST_MEDIA_BYTES)
        except source.Unreadable as error:
            self._say("warning", f"`{name[:80]}` was left out: {error}")
            return None
        ref = ref_of(raw)
        self._media[ref] = raw
        return ref

    def _with_more(self, course: Course, words: Mapping[str, Sequence[_Word]]) -> Course:
        """Notes and tags go with the exercises of their words; pictures and sounds make exercises of their own."""

        def lesson(one: Lesson) -> Lesson:
            found = words[one.key]
            by_text = {
                groups.plain(text): word for word in found for text in (word.phrase.source[0], word.phrase.target[0])
            }
            exercises = [
                _noted(exercise, by_text.get(getattr(exercise.content, "text", ""))) for exercise in one.exercises
            ]
            known = {exercise.key for exercise in exercises}
            for word in found:
                for content in self._contents(word, found):
                    key = exercise_key(one.key, content)
                    if key not in known:
                        known.add(key)
                        # A card has its note on it.
                        note = "" if isinstance(content, Flashcard) else word.note
                        exercises.append(Exercise(key, content, explanation=note, skills=word.tags))
            return replace(one, exercises=tuple(exercises))

        def unit(one: Unit) -> Unit:
            return replace(one, lessons=tuple(map(lesson, one.lessons)))

        sections = tuple(replace(one, units=tuple(map(unit, one.units))) for one in course.sections)
        return replace(course, sections=sections)

    def _contents(self, word: _Word, others: Sequence[_Word]) -> Iterator[Content]:
        shown = groups.plain(word.phrase.target[0])
        if _is_deck(others):
            back = tuple(map(groups.plain, word.phrase.source))
            yield Flashcard(shown, self.target, self.source, back, word.note[:LONGEST_TEXT], word.image, word.audio)
            return
        if word.audio:
            yield ListenType(self.target, word.audio, word.phrase.target)
        pictures = {other.image.media: other.image for other in others if other.image and other.image != word.image}
        if word.image and len(pictures) >= PICTURES - 1:
            yield PickPicture(shown, self.target, word.image, tuple(pictures.values())[:PICTURES])

    def _say(self, severity: Severity, message: str) -> None:
        self._report.add(severity, self._path.name, self._line, message)


def _noted(exercise: Exercise, word: _Word | None) -> Exercise:
    return exercise if word is None else replace(exercise, explanation=word.note, skills=word.tags)


def _is_deck(words: Sequence[_Word]) -> bool:
    return all(word.kind == "card" for word in words)


def _tree(places: _Places) -> dict[str, dict[str, dict[str, list[_Word]]]]:
    """By section, unit and lesson, each where it is first named."""
    tree: dict[str, dict[str, dict[str, list[_Word]]]] = {}
    for (section, unit, lesson), words in places.items():
        tree.setdefault(section, {}).setdefault(unit, {})[lesson] = words
    return tree


def _in_order(places: _Places) -> list[list[_Word]]:
    """As the lessons of the course stand."""
    return [words for units in _tree(places).values() for lessons in units.values() for words in lessons.values()]


def _sections(places: _Places) -> Iterator[Section]:
    slugs = Slugs()
    for section, units in _tree(places).items():
        key = slugs.key("", section, section)
        made = []
        for unit, lessons in units.items():
            below = slugs.key(key, unit, (section, unit))
            made.append(
                Unit(below, unit, tuple(_lesson(below, title, words, slugs) for title, words in lessons.items()))
            )
        yield Section(key, section, tuple(made))


def _lesson(above: str, title: str, words: Sequence[_Word], slugs: Slugs) -> Lesson:
    is_deck = _is_deck(words)
    return Lesson(
        slugs.key(above, title, (above, title)),
        title,
        words=() if is_deck else tuple(word.phrase for word in words if word.kind != "sentence"),
        sentences=tuple(word.phrase for word in words if word.kind == "sentence"),
        form="deck" if is_deck else "lesson",
    )
