"""Writes courses as LibreLingo reads them: a zip file of `course.yaml`, modules and skills.

A course that came from there is written as it was, with what was kept for it: pictures, dictionaries, settings. What
LibreLingo has no place for is reported.
"""

import itertools
import posixpath
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml

from domains.catalog.content import Course, Lesson, Phrase, Section, Unit
from domains.catalog.formats import archive
from domains.catalog.formats.exercises import made_of_phrases
from domains.catalog.formats.format import Media, Written
from domains.catalog.formats.language_names import name_of
from domains.catalog.formats.librelingo import (
    COURSE_FILE,
    NAME,
    PHRASE,
    WORD,
    PhraseKeys,
    entry_of,
    phrase_name,
    slugified,
)
from domains.catalog.formats.report import Report
from domains.catalog.formats.unsaid import tell_unsaid

DICTIONARIES = ("Mini-dictionary", "Two-way-dictionary")

_SAID: Mapping[type, Collection[str]] = {
    Course: {
        "slug",
        "source_language",
        "target_language",
        "licence",
        "repository",
        "special_characters",
        "dictionary",
    },
    Unit: {"introduction"},
    Lesson: {"words", "sentences"},
}


def write(course: Course, report: Report, media: Media) -> Written:
    """Words and phrases, and what belongs to them; exercises are LibreLingo's own."""
    files = {name: _yaml(tree) if not isinstance(tree, str) else tree for name, tree in trees(course, report).items()}
    body = archive.packed({name: text.encode() for name, text in files.items()})
    return Written(body, ".zip", "application/zip")


def trees(course: Course, report: Report) -> dict[str, Any]:
    """What each file holds: a tree of YAML, or the text of an introduction."""
    _tell(course, report)
    return dict(_Writer(course).files())


def _tell(course: Course, report: Report) -> None:
    tell_unsaid(course, report, "LibreLingo", _SAID)
    report.add(
        "note", course.slug, 1, "LibreLingo names courses by their languages: slug and title are not in the files"
    )
    made = made_of_phrases(course)
    for lesson in course.lessons():
        own = [exercise for exercise in lesson.exercises if exercise not in made[lesson.key]]
        if own:
            what = f"{len(own)} exercises of the lesson `{lesson.key}` were not made of its words and sentences"
            report.add("warning", course.slug, 1, f"{what}: LibreLingo makes its own, they were left out")


class _Writer:
    def __init__(self, course: Course) -> None:
        kept = course.kept.get(NAME)
        self._course = course
        self._kept: Mapping[str, Any] = kept if isinstance(kept, dict) else {}
        names = self._kept.get("names") or [name_of(course.target_language), name_of(course.source_language)]
        self._target_name, self._source_name = map(str, names[:2])
        self._names: set[str] = set()
        self._ids = itertools.count(1 + max((_id(skill) for skill in self._skills().values()), default=0))
        self._loose = self._loose_words()

    def files(self) -> Iterator[tuple[str, Any]]:
        course = self._course
        directories = [self._directory(section) for section in course.sections]
        about: dict[str, Any] = {
            "Language": {"Name": self._target_name, "IETF BCP 47": course.target_language},
            "For speakers of": {"Name": self._source_name, "IETF BCP 47": course.source_language},
        }
        if course.licence:
            about["License"] = self._licence()
        if course.repository:
            about["Repository"] = course.repository
        if course.special_characters:
            about["Special characters"] = list(course.special_characters)
        top = {"Course": about, "Modules": directories}
        if settings := self._kept.get("settings"):
            top["Settings"] = settings
        yield COURSE_FILE, top
        for section, directory in zip(course.sections, directories, strict=True):
            yield from self._module(section, posixpath.normpath(directory))

    def _skills(self) -> Mapping[str, Any]:
        skills = self._kept.get("skills")
        return skills if isinstance(skills, dict) else {}

    def _directory(self, section: Section) -> str:
        kept = self._kept.get("modules", {}).get(section.key)
        return self._free(kept, f"{slugified(section.key)}/", "")

    def _free(self, kept: Any, otherwise: str, above: str) -> str:
        """A name of a file that no other has, as it was if that leads nowhere else."""
        name = kept if isinstance(kept, str) and posixpath.normpath(kept)[0] not in "./" else otherwise
        while posixpath.normpath(above + name) in self._names:
            name = f"x-{name}"
        self._names.add(posixpath.normpath(above + name))
        return name

    def _licence(self) -> Mapping[str, Any]:
        licence, kept = self._course.licence, self._kept.get("licence")
        assert licence is not None
        if isinstance(kept, dict) and licence.name in kept.values() and licence.url == kept.get("Link", ""):
            return kept
        return {"Name": licence.name, "Short name": licence.name, **({"Link": licence.url} if licence.url else {})}

    def _module(self, section: Section, directory: str) -> Iterator[tuple[str, Any]]:
        skills = []
        for unit in section.units:
            kept = self._skills().get(unit.key, {})
            otherwise = f"{slugified(unit.key.rpartition('/')[2])}.yaml"
            file = self._free(kept.get("file"), otherwise, f"{directory}/skills/")
            skills.append(file)
            path = posixpath.normpath(f"{directory}/skills/{file}")
            yield path, self._skill(unit, kept)
            if unit.introduction:
                yield f"{posixpath.splitext(path)[0]}.md", f"{unit.introduction}\n"
        yield f"{directory}/module.yaml", {"Module": {"Name": section.title}, "Skills": skills}

    def _skill(self, unit: Unit, kept: Mapping[str, Any]) -> dict[str, Any]:
        about = kept.get("skill") or {"Name": "", "Id": next(self._ids)}
        entries = kept.get("entries") or {}
        words = [phrase for lesson in unit.lessons for phrase in lesson.words]
        sentences = [phrase for lesson in unit.lessons for phrase in lesson.sentences]
        skill: dict[str, Any] = {
            "Skill": {**about, "Name": unit.title},
            "New words": [_entry(phrase, WORD, entries) for phrase in words],
            "Phrases": [_entry(phrase, PHRASE, entries) for phrase in sentences],
        }
        for name in DICTIONARIES:
            if name in kept:
                skill[name] = kept[name]
        if self._loose:
            skill["Mini-dictionary"] = _joined(skill.get("Mini-dictionary"), self._loose)
            self._loose = {}
        return skill

    def _loose_words(self) -> dict[str, list[dict[str, list[str]]]]:
        """Entries of the dictionary that no skill has kept, in the form of a `Mini-dictionary`: for the first skill."""
        known = str([skill.get(name) for skill in self._skills().values() for name in DICTIONARIES])
        names = {self._course.target_language: self._target_name, self._course.source_language: self._source_name}
        loose: dict[str, list[dict[str, list[str]]]] = {}
        for entry in self._course.dictionary:
            if entry.language in names and entry.word not in known:
                loose.setdefault(names[entry.language], []).append({entry.word: list(entry.meanings)})
        return loose


def _entry(phrase: Phrase, keys: PhraseKeys, kept: Mapping[str, Any]) -> dict[str, Any]:
    """As it was written, where it still says the same; else with what was written beside it."""
    fresh, written = entry_of(phrase, keys), kept.get(phrase_name(phrase), {})
    sides = (
        (written.get(keys.target), written.get(keys.other_targets)),
        (
            written.get(keys.source),
            written.get(keys.other_sources),
        ),
    )
    if [_texts(side) for side in sides] == [phrase.target, phrase.source]:
        return dict(written)
    return fresh | {key: value for key, value in written.items() if key not in keys}


def _texts(side: tuple[Any, Any]) -> tuple[str, ...]:
    """As the reader takes them."""
    first, others = side
    texts = [first, *(others if isinstance(others, list) else [others])]
    return tuple(dict.fromkeys(" ".join(text.split()) for text in texts if isinstance(text, str)))


def _joined(kept: Any, loose: Mapping[str, list[Any]]) -> dict[str, Any]:
    sides = dict(kept) if isinstance(kept, dict) else {}
    return sides | {name: [*(sides.get(name) or []), *entries] for name, entries in loose.items()}


def _id(skill: Any) -> int:
    found = skill.get("skill", {}).get("Id") if isinstance(skill, dict) else None
    return found if isinstance(found, int) else 0


def _yaml(tree: Any) -> str:
    return yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110, default_flow_style=False)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True
