"""Question banks as courses: categories become sections, units and lessons, in the order of the file.

Keys depend on categories and on what is asked, so that the same file gives the same course, and a question that is
added elsewhere leaves what learners did in place.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from domains.catalog.content import KEY_LENGTH, LANGUAGE_TAG, TITLE_LENGTH, Course, Exercise, Lesson, Section, Unit
from domains.catalog.formats.exercises import exercise_key
from domains.catalog.formats.format import Options
from domains.catalog.formats.librelingo import slugified
from domains.catalog.formats.report import Report
from domains.catalog.formats.slugs import LONGEST, Slugs
from domains.catalog.kinds import Content

MOST_QUESTIONS = 20_000
MOST_IN_LESSON = 15
"""Of questions in one category whose lessons the file does not say; more are spread evenly."""
DEFAULT_LANGUAGE = "en"


class _Category(Struct):
    titles: tuple[str, str, str]
    keys: tuple[str, str, str]
    """Of section, unit, lesson."""
    is_whole: bool
    """Whether the file says that it is one lesson."""
    exercises: list[Exercise] = []
    texts: list[str] = []


class Bank:
    """Collects what a reader finds. `target` and `source` are the languages of the course."""

    def __init__(self, path: Path, report: Report, options: Options) -> None:
        self._path = path
        self._report = report
        self._options = options
        self._categories: dict[tuple[str, ...], _Category] = {}
        self._used: dict[str, int] = {}
        """Keys, with how many would have liked to have each."""
        self._slugs = Slugs()
        self._title = (options.title or _bare(path).replace("_", " ").strip() or "Questions")[:TITLE_LENGTH]
        self._here = ""
        given = options.target_language or options.source_language
        if given is None:
            report.add("note", path.name, 1, f"the file does not say its language: `{DEFAULT_LANGUAGE}` is taken")
        self.target = options.target_language or given or DEFAULT_LANGUAGE
        self.source = options.source_language or given or DEFAULT_LANGUAGE
        for language in (self.target, self.source):
            if not LANGUAGE_TAG.fullmatch(language):
                report.add("error", path.name, 1, f"`{language}` is no BCP 47 language tag")
        self._current: _Category | None = None

    @property
    def is_full(self) -> bool:
        """Whether there were more questions than are taken, which is an error."""
        return len(self._used) >= MOST_QUESTIONS and self._report.has_errors

    def category(self, path: Sequence[str], keys: Sequence[str] | None = None) -> None:
        """What follows belongs there. `keys` are those of section, unit and lesson, where the file says them."""
        names = [name.strip()[:TITLE_LENGTH] for name in path if name.strip()] or [self._title]
        titles = (names[0], " / ".join(names[1:-1])[:TITLE_LENGTH] or names[-1], names[-1])
        place = tuple(keys) if keys else tuple(names)
        if place not in self._categories:
            own = (keys[0], keys[1], keys[2]) if keys else self._keys(titles, place)
            self._categories[place] = _Category(titles, own, keys is not None)
        self._current = self._categories[place]

    def _keys(self, titles: tuple[str, str, str], path: tuple[str, ...]) -> tuple[str, str, str]:
        section = self._slugs.key("", titles[0], titles[:1])
        unit = self._slugs.key(section, titles[1], titles[:2])
        return section, unit, self._slugs.key(unit, titles[2], path)

    def text(self, markdown: str) -> None:
        """Something to read."""
        self._lesson().texts.append(markdown)

    def add(self, content: Content, *, key: str = "", name: str = "", **more: Any) -> None:
        """`key` is what the file calls the question for good, `name` what it calls it for people."""
        lesson = self._lesson()
        if len(self._used) >= MOST_QUESTIONS:
            if not self._report.has_errors:
                self._report.add("error", self._path.name, 1, f"the file has more than {MOST_QUESTIONS} questions")
            return
        own = key[:KEY_LENGTH] or (f"{lesson.keys[2]}/{slugified(name)[:LONGEST]}" if name else "")
        own = own or exercise_key(lesson.keys[2], content)
        if len(own.encode()) > KEY_LENGTH - 8:
            own = hashlib.blake2b(own.encode(), digest_size=12).hexdigest()
        unique = own
        while unique in self._used:
            self._used[own] += 1
            unique = f"{own}-{self._used[own]}"
        self._used[unique] = 1
        lesson.exercises.append(Exercise(unique, content, **more))

    def course(self, **more: Any) -> Course:
        return Course(
            slug=self._options.slug or slugified(_bare(self._path)),
            title=self._title,
            source_language=self.source,
            target_language=self.target,
            sections=tuple(self._sections()),
            **more,
        )

    def _lesson(self) -> _Category:
        if self._current is None:
            self.category(())
        assert self._current is not None
        return self._current

    def _sections(self) -> Iterator[Section]:
        sections: dict[str, Section] = {}
        for one in self._categories.values():
            if not one.exercises and not one.texts:
                continue
            section = sections.setdefault(one.keys[0], Section(one.keys[0], one.titles[0], ()))
            units = {unit.key: unit for unit in section.units}
            unit = units.setdefault(one.keys[1], Unit(one.keys[1], one.titles[1], ()))
            units[unit.key] = msgspec.structs.replace(unit, lessons=(*unit.lessons, *_lessons(one)))
            sections[section.key] = msgspec.structs.replace(section, units=tuple(units.values()))
        yield from sections.values()


def _lessons(category: _Category) -> Iterator[Lesson]:
    count = len(category.exercises)
    parts = 1 if category.is_whole else max(1, -(-count // MOST_IN_LESSON))
    text = "\n\n".join(category.texts)
    for number in range(parts):
        exercises = tuple(category.exercises[count * number // parts : count * (number + 1) // parts])
        key = category.keys[2] if parts == 1 else f"{category.keys[2]}/{number + 1}"
        title = category.titles[2] if parts == 1 else f"{category.titles[2][: TITLE_LENGTH - 8]} {number + 1}"
        yield Lesson(key, title, exercises, text=text if number == 0 else "")


def _bare(path: Path) -> str:
    """`history.gift.txt` as `history`."""
    return re.split(r"\.(?=[A-Za-z0-9]{2,6}(?:\.|$))", path.name, maxsplit=1)[0] or path.stem
