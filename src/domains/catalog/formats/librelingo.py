"""Reads courses of LibreLingo: `course.yaml` > modules > skills > words and phrases.

A module becomes a section, a skill a unit, and its words and phrases lessons of a handful each. What has no place in a
course is said and kept beside it, so that the course is written again as it was.
"""

import hashlib
import math
import posixpath
import re
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from msgspec import Struct

from domains.catalog.content import Course, DictionaryEntry, Lesson, Licence, Phrase, Section, Unit
from domains.catalog.formats import source
from domains.catalog.formats.exercises import fill
from domains.catalog.formats.format import Loaded, Options
from domains.catalog.formats.report import Report
from domains.catalog.formats.source import Source
from domains.catalog.formats.tree import LARGEST_FILE_BYTES, Fields, Tree, decoded, parse
from domains.catalog.policy.groups import plain

NAME = "librelingo"
COURSE_FILE = "course.yaml"
PHRASES_PER_LESSON = 6


class PhraseKeys(NamedTuple):
    target: str
    other_targets: str
    source: str
    other_sources: str


WORD = PhraseKeys("Word", "Synonyms", "Translation", "Also accepted")
PHRASE = PhraseKeys("Phrase", "Alternative versions", "Translation", "Alternative translations")

_PHRASE_HINTS = {
    "Also accepted": "of a phrase, other translations are `Alternative translations` (`Also accepted` is for words)",
    "Synonyms": "of a phrase, other versions are `Alternative versions` (`Synonyms` is for words)",
    "Alternative": "perhaps `Alternative versions` or `Alternative translations` is meant",
}
_WORD_HINTS = {
    "Alternative translations": "of a word, other translations are `Also accepted`",
    "Alternative versions": "of a word, other versions are `Synonyms`",
}
_KEPT = "is not asked, only kept for writing the course as LibreLingo again"
_REMARK_IN_WORD = re.compile(r"\s*\([^)]*\)\s*")


class _Languages(Struct, frozen=True):
    """Names as the files use them, and tags."""

    target_name: str
    target: str
    source_name: str
    source: str


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    """The course in a directory or a zip file; None where the report has errors."""
    try:
        with source.opened(path, COURSE_FILE) as files:
            course = _Reader(files, report).course(options)
    except source.Unreadable as error:
        report.add("error", path.name, 1, str(error))
        return None
    return None if course is None else Loaded(fill(course))


def recognises(path: Path) -> bool:
    return source.beginning(path, COURSE_FILE) is not None


class _Reader:
    def __init__(self, files: Source, report: Report) -> None:
        self._files = files
        self._report = report
        self._languages = _Languages("", "", "", "")
        self._dictionary: dict[tuple[str, str], dict[str, None]] = {}
        self._modules: dict[str, str] = {}
        self._skills: dict[str, dict[str, Any]] = {}

    def course(self, options: Options) -> Course | None:
        tree = self._parse(COURSE_FILE)
        if tree is None:
            return None
        top = tree.fields({"Course", "Modules", "Settings"}, "warning")
        about = top.need("Course")
        if about is None:
            return None
        head = about.fields(
            {"Language", "For speakers of", "License", "Special characters", "Repository"},
            "warning",
        )
        languages = self._languages = _languages(head)
        settings = top.get("Settings")
        if settings:
            settings.say(
                "note", "`Settings` mean nothing here; they are kept for writing the course as LibreLingo again"
            )
        characters = head.get("Special characters")
        sections = [self._section(module) for module in top.items("Modules")]
        if self._report.has_errors:
            return None
        licence = head.get("License")
        kept = {
            "names": [languages.target_name, languages.source_name],
            "licence": licence.typed() if licence else None,
            "settings": settings.typed() if settings else None,
            "modules": self._modules,
            "skills": self._skills,
        }
        return Course(
            slug=options.slug or f"{slugified(languages.target_name)}-from-{slugified(languages.source_name)}",
            title=options.title or f"{languages.target_name} for {languages.source_name} speakers",
            source_language=languages.source,
            target_language=languages.target,
            sections=tuple(section for section in sections if section is not None),
            licence=_licence(head),
            repository=head.text("Repository"),
            special_characters=characters.texts() if characters else (),
            dictionary=tuple(
                DictionaryEntry(language, word, tuple(meanings))
                for (language, word), meanings in sorted(self._dictionary.items(), key=lambda item: item[0])
            ),
            kept={NAME: {name: value for name, value in kept.items() if value}},
        )

    def _parse(self, file: str) -> Tree | None:
        raw = self._read(file)
        text = None if raw is None else decoded(raw, file, self._report)
        return None if text is None else parse(text, file, self._report)

    def _read(self, file: str) -> bytes | None:
        try:
            return self._files.read(file, LARGEST_FILE_BYTES)
        except source.Unreadable as error:
            self._report.add("error", file, 1, str(error))
            return None

    def _section(self, module: Tree) -> Section | None:
        name = module.text("a module's directory")
        directory = posixpath.normpath(name) if name else ""
        tree = self._parse(f"{directory}/module.yaml") if name else None
        if tree is None:
            return None
        top = tree.fields({"Module", "Skills"}, "warning")
        about = top.need("Module")
        title = about.fields({"Name"}, "warning").need_text("Name") if about else ""
        key = slugified(name)
        self._modules[key] = name
        units = []
        for skill in top.items("Skills"):
            if file := skill.text("a skill's file"):
                unit = self._unit(posixpath.normpath(posixpath.join(directory, "skills", file)), file, key)
                units += [unit] if unit is not None else []
        return Section(key, title, tuple(units))

    def _unit(self, path: str, file: str, above: str) -> Unit | None:
        tree = self._parse(path)
        if tree is None:
            return None
        top = tree.fields({"Skill", "New words", "Phrases", "Mini-dictionary", "Two-way-dictionary"}, "warning")
        about = top.need("Skill")
        skill = about.fields({"Name", "Id", "Thumbnails"}, "warning") if about else None
        title = skill.need_text("Name") if skill else ""
        key = f"{above}/{slugified(PurePosixPath(file).stem)}"
        words = self._phrases(top, "New words", WORD, {"Images"}, _WORD_HINTS)
        sentences = self._phrases(top, "Phrases", PHRASE, set(), _PHRASE_HINTS)
        self._say_pictures(top, skill)
        kept: dict[str, Any] = {
            "file": file,
            "skill": about.typed() if about else None,
            "entries": {
                name: entry for phrase, entry in (*words, *sentences) for name in [phrase_name(phrase)] if entry
            },
        }
        for name, read_into in (("Mini-dictionary", _mini_dictionary), ("Two-way-dictionary", _two_way_dictionary)):
            if dictionary := top.get(name):
                read_into(dictionary, self._languages, self._dictionary)
                kept[name] = dictionary.typed()
        self._skills[key] = kept
        lessons = _lessons(key, title, [phrase for phrase, _ in words], [phrase for phrase, _ in sentences])
        if not lessons:
            tree.say("warning", "the skill has neither words nor phrases")
        return Unit(key, title, lessons, self._introduction(path))

    def _introduction(self, path: str) -> str:
        markdown = str(PurePosixPath(path).with_suffix(".md"))
        if not self._files.has(markdown):
            return ""
        text = (decoded(self._read(markdown) or b"", markdown, self._report) or "").strip()
        return text.replace("\x00", "\ufffd")

    def _say_pictures(self, top: Fields, skill: Fields | None) -> None:
        pictures = [image for word in top.items("New words") if (image := word.at(["Images"])).line != word.line]
        if pictures:
            names = f"`Images` of {len(pictures)} words are names of LibreLingo's own pictures"
            pictures[0].say("note", f"{names}: not shown, and kept for writing the course as LibreLingo again")
        if skill and (thumbnails := skill.get("Thumbnails")):
            thumbnails.say("note", "`Thumbnails` are not shown, and kept for writing the course as LibreLingo again")

    def _phrases(
        self, top: Fields, name: str, keys: PhraseKeys, more: set[str], hints: dict[str, str]
    ) -> list[tuple[Phrase, dict[str, Any]]]:
        """Each with its entry, where that says more than the phrase."""
        found = []
        for tree in top.items(name):
            fields = tree.fields({*keys, *more}, "warning", hints, _KEPT)
            phrase = _phrase(fields, *keys)
            if phrase is not None:
                written: Any = tree.typed()
                found.append((phrase, written if written != entry_of(phrase, keys) else {}))
        return found


def phrase_name(phrase: Phrase) -> str:
    """What its entry is kept under."""
    return f"{phrase.target[0]} = {phrase.source[0]}"


def entry_of(phrase: Phrase, keys: PhraseKeys) -> dict[str, Any]:
    entry: dict[str, Any] = {keys.target: phrase.target[0]}
    if phrase.target[1:]:
        entry[keys.other_targets] = list(phrase.target[1:])
    entry[keys.source] = phrase.source[0]
    if phrase.source[1:]:
        entry[keys.other_sources] = list(phrase.source[1:])
    return entry


def slugified(name: str) -> str:
    """`Basics 2/` as `basics-2`; a name without Latin letters gets one that only depends on it."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return slug or f"x{hashlib.blake2b(name.encode('utf-8', 'replace'), digest_size=5).hexdigest()}"


def _languages(head: Fields) -> _Languages:
    names = []
    for key in ("Language", "For speakers of"):
        tree = head.need(key)
        language = tree.fields({"Name", "IETF BCP 47"}, "warning") if tree else None
        names += [language.need_text("Name"), language.need_text("IETF BCP 47")] if language else ["", ""]
    if names[1] and names[1] == names[3]:
        head.tree.say("error", "the language learned and the language spoken are the same")
    return _Languages(*names)


def _licence(head: Fields) -> Licence | None:
    tree = head.get("License")
    if tree is None:
        return None
    licence = tree.fields({"Name", "Short name", "Link"}, "warning")
    return Licence(licence.text("Short name") or licence.need_text("Name"), licence.text("Link"))


def _phrase(fields: Fields, text: str, others: str, translation: str, more: str) -> Phrase | None:
    shown, meaning = fields.need_text(text), fields.need_text(translation)
    if not shown or not meaning:
        return None
    target = dict.fromkeys([shown, *fields.texts(others)])
    source = dict.fromkeys([meaning, *fields.texts(more)])
    if any(plain(phrase) != phrase for phrase in (*target, *source)):
        fields.tree.say(
            "warning",
            "brackets and slashes have no meaning in LibreLingo; here they part what may be left out or said instead",
        )
    return Phrase(tuple(target), tuple(source))


def _lessons(key: str, title: str, words: list[Phrase], sentences: list[Phrase]) -> tuple[Lesson, ...]:
    """Words and phrases spread evenly and in order, about PHRASES_PER_LESSON together in each."""
    count = math.ceil((len(words) + len(sentences)) / PHRASES_PER_LESSON)

    def share(of: list[Phrase], number: int) -> tuple[Phrase, ...]:
        return tuple(of[len(of) * number // count : len(of) * (number + 1) // count])

    return tuple(
        Lesson(
            key=f"{key}/{number + 1}",
            title=f"{title} {number + 1}",
            words=share(words, number),
            sentences=share(sentences, number),
        )
        for number in range(count)
    )


def _mini_dictionary(tree: Tree, languages: _Languages, found: dict[tuple[str, str], dict[str, None]]) -> None:
    sides = tree.fields({languages.target_name, languages.source_name} - {""}, "warning")
    for name, language in ((languages.target_name, languages.target), (languages.source_name, languages.source)):
        for item in sides.items(name):
            for word, _, meanings in item.entries("a word and its meaning"):
                found.setdefault((language, word), {}).update(dict.fromkeys(meanings.texts("a meaning")))


def _two_way_dictionary(tree: Tree, languages: _Languages, found: dict[tuple[str, str], dict[str, None]]) -> None:
    """Each entry serves both languages; what stands in brackets is a remark and no part of the word."""
    for item in tree.items():
        for source_word, _, value in item.entries("a word and its translation"):
            target = value.text("a translation")
            for language, word, meaning in (
                (languages.source, source_word, target),
                (languages.target, target, source_word),
            ):
                bare = _REMARK_IN_WORD.sub("", word)
                if bare:
                    found.setdefault((language, bare), {})[meaning] = None
