"""Packages of QTI 2.x and 3.0 as courses: the manifest, tests with their sections, items, and files that they show.

A test of three levels of sections is read as sections, units and lessons; one of fewer gets the levels above from its
title. Items that stand in no test make a lesson of their own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from domains.catalog.content import LANGUAGE_TAG, SLUG_LENGTH, Course, Lesson, Material, Section, Unit
from domains.catalog.formats.archive import Archive, ArchiveRefused, is_zip, opened
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.format import Loaded, Options
from domains.catalog.formats.librelingo import slugified
from domains.catalog.formats.qti import dom
from domains.catalog.formats.qti.interactions import Languages
from domains.catalog.formats.qti.items import Surroundings, item, resolved
from domains.catalog.formats.qti.names import TOOL, Keys, split
from domains.catalog.formats.report import Report
from domains.catalog.formats.xml import Element

MANIFEST = "imsmanifest.xml"
LARGEST_FILE_BYTES = 5_000_000
"""Of XML."""
OTHERWISE = "en"
_DEEPEST = 12
_LEFT_OUT = ("preCondition", "branchRule", "selection", "ordering", "timeLimits", "itemSessionControl")


class Place(Struct):
    """A section of a test."""

    title: str
    identifier: str
    text: str = ""
    items: list[Element] = []
    """References to items."""
    inner: list["Place"] = []


class _Resource(Struct, frozen=True):
    identifier: str
    type: str
    href: str
    element: Element


def recognises(path: Path) -> bool:
    """By the names of the archive, without unpacking anything. Never raises."""
    if not is_zip(path):
        return False
    try:
        with opened(path) as archive:
            return _manifest_name(archive) is not None
    except ArchiveRefused:
        return False


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    try:
        with opened(path) as archive:
            name = _manifest_name(archive)
            if name is None:
                report.add("error", path.name, 1, f"there is no `{MANIFEST}` in the package")
                return None
            manifest = _parsed(archive, name, report)
            return None if manifest is None else _Package(archive, name, manifest, report, options).read(path.stem)
    except ArchiveRefused as error:
        report.add("error", path.name, 1, f"{error}")
    except RecursionError:
        report.add("error", path.name, 1, "the package is nested too deeply")
    return None


def _manifest_name(archive: Archive) -> str | None:
    """At the root, or in the only folder that somebody packed instead of what is in it."""
    names = [name for name in archive.names if name.rpartition("/")[2] == MANIFEST and name.count("/") <= 1]
    return min(names, key=len, default=None)


def _parsed(archive: Archive, name: str, report: Report) -> Element | None:
    return dom.parse(archive.read(name, LARGEST_FILE_BYTES), name, report)


class _Package:
    def __init__(self, archive: Archive, name: str, manifest: Element, report: Report, options: Options) -> None:
        self._archive = archive
        self._manifest = manifest
        self._report = report
        self._options = options
        self._media: dict[str, bytes] = {}
        self._names: dict[str, str] = {}
        self._resources = [
            _Resource(
                one.attributes.get("identifier", ""),
                one.attributes.get("type", "").lower(),
                resolved(name, one.attributes.get("href", "")),
                one,
            )
            for one in manifest.walk()
            if one.name == "resource"
        ]
        self._roots: dict[str, Element] = {}
        self._own = manifest.attributes.get("identifier", "").startswith(f"{TOOL}.")
        self._keys = {level: Keys() for level in ("section", "unit", "lesson", "exercise")}
        self._passages: set[tuple[str, str]] = set()

    def read(self, stem: str) -> Loaded | None:
        items = self._of("imsqti_item")
        tests = self._of("imsqti_test") or self._of("imsqti_assessment")
        if not items:
            self._manifest.say("error", "the package lists no item of QTI 2 or 3")
            return None
        for resource in items + tests:
            if root := self._root(resource.href, resource.element):
                self._roots[resource.href] = root
        places = [self._test(resource) for resource in tests if resource.href in self._roots]
        loose = self._loose(items, places)
        title = self._options.title or self._title(places) or stem
        if loose:
            places.append(Place(title, "items", inner=[Place("Items" if places else title, "items", items=loose)]))
        self._languages = self._of_course()
        sections = tuple(section for place in places for section in self._sections(place))
        course = Course(
            slug=self._options.slug or self._slug(title),
            title=title[:200],
            source_language=self._languages.source,
            target_language=self._languages.target,
            sections=sections,
            description=self._general("description"),
        )
        return None if self._report.has_errors else Loaded(course, self._media)

    def _slug(self, title: str) -> str:
        own = split(self._manifest.attributes.get("identifier", ""))[1] if self._own else ""
        return own or slugified(title)[:SLUG_LENGTH].strip("-")

    def _of(self, kind: str) -> list[_Resource]:
        return [resource for resource in self._resources if resource.type.startswith(kind)]

    def _root(self, href: str, place: Element) -> Element | None:
        if href not in self._archive:
            place.say("warning", f"`{href or '?'}` is not in the package; it was left out")
            return None
        problems = Report()
        root = _parsed(self._archive, href, problems)
        for remark in problems.remarks:
            # One broken item does not keep the others from being read.
            self._report.add("warning", remark.file, remark.line, f"{remark.message}; it was left out")
        if root is None:
            return None
        for element in root.walk():
            element.report = self._report
        if root.name not in {"assessmentItem", "assessmentTest", "assessmentStimulus"}:
            root.say("warning", f"`{root.name}` is no item and no test of QTI 2 or 3; it was left out")
            return None
        return root

    # ---- tests

    def _test(self, resource: _Resource) -> Place:
        root = self._roots[resource.href]
        place = Place(_title_of(root), root.attributes.get("identifier", ""))
        _say_left_out(root)
        for part in root.all("testPart"):
            _say_left_out(part)
            place.inner += [self._section(one, resource.href, 0) for one in part.all("assessmentSection")]
        return place

    def _section(self, element: Element, file: str, depth: int) -> Place:
        _say_left_out(element)
        place = Place(_title_of(element), element.attributes.get("identifier", ""))
        place.text = "\n\n".join(dom.read(block, markdown=True).text for block in element.all("rubricBlock"))
        for child in element.children:
            if child.name == "assessmentItemRef":
                _say_left_out(child)
                child.attributes["href"] = resolved(file, child.attributes.get("href", ""))
                place.items.append(child)
            elif child.name == "assessmentSection" and depth < _DEEPEST:
                place.inner.append(self._section(child, file, depth + 1))
            elif child.name in {"assessmentSection", "assessmentSectionRef"}:
                child.say("warning", f"`{child.name}` was left out")
        return place

    def _loose(self, items: Sequence[_Resource], places: Sequence[Place]) -> list[Element]:
        placed = {ref.attributes["href"] for place in places for one in _all(place) for ref in one.items}
        found = []
        for resource in items:
            if resource.href not in placed and resource.href in self._roots:
                resource.element.attributes["href"] = resource.href
                found.append(resource.element)
        if found and places:
            self._manifest.say("note", f"{len(found)} items are in no test; they became a lesson of their own")
        return found

    # ---- the tree

    def _sections(self, test: Place) -> Iterator[Section]:
        tops = test.inner
        if self._own or max(map(_height, tops), default=1) >= 3:
            for top in tops:
                yield self._made_section(top.title, top.identifier, list(_units(top)) if not self._own else top.inner)
        elif max(map(_height, tops), default=1) == 2:
            yield self._made_section(test.title, test.identifier, tops)
        else:
            unit = Place(test.title, test.identifier, inner=tops)
            yield self._made_section(test.title, test.identifier, [unit])

    def _made_section(self, title: str, name: str, units: Sequence[Place]) -> Section:
        key = self._key("section", name)
        return Section(key, title, tuple(self._unit(unit) for unit in units))

    def _unit(self, place: Place) -> Unit:
        key = self._key("unit", place.identifier)
        leaves = place.inner if self._own else list(_leaves(place))
        text = place.text if place not in leaves else ""
        return Unit(key, place.title, tuple(self._lesson(leaf) for leaf in leaves), text)

    def _lesson(self, place: Place) -> Lesson:
        lesson = Lesson(self._key("lesson", place.identifier), place.title)
        exercises, passages = [], [place.text]
        materials: list[Material] = []
        for ref in place.items:
            found = self._roots.get(ref.attributes["href"])
            if found is None:
                ref.say("warning", f"the item `{ref.attributes['href'] or '?'}` could not be read; it was left out")
                continue
            passages += self._stimuli(found)
            name = ref.attributes.get("identifier") or found.attributes.get("identifier", "")
            around = Surroundings(self._languages, self._resolve)
            made = item(found, self._key("exercise", name), around)
            exercises += made.exercises
            passages += made.passages
            materials += [one for one in made.materials if one not in materials]
        text = "\n\n".join(dict.fromkeys(passage for passage in passages if passage))
        return msgspec.structs.replace(
            lesson, exercises=tuple(exercises), text=text[:20_000], materials=tuple(materials)
        )

    def _stimuli(self, root: Element) -> Iterator[str]:
        """What several items are about; once in a lesson."""
        for ref in root.all("assessmentStimulusRef"):
            href = resolved(root.file, ref.attributes.get("href", ""))
            stimulus = self._roots.get(href) or self._root(href, ref)
            body = stimulus.first("stimulusBody") if stimulus else None
            if stimulus is not None and body is not None:
                self._roots[href] = stimulus
                yield dom.read(body, markdown=True).text

    def _key(self, level: str, name: str) -> str:
        return self._keys[level].key(name or level, own=self._own)

    # ---- what the package says of itself

    def _title(self, places: Sequence[Place]) -> str:
        return self._general("title") or next((place.title for place in places if place.title), "")

    def _general(self, name: str) -> str:
        """Of the manifest's metadata, LOM in whatever version: `general/title/string` or `langstring`."""
        lom = next((one for one in self._manifest.walk() if one.name == "general"), None)
        found = lom.first(name) if lom else None
        return " ".join(found.whole_text.split()) if found else ""

    def _of_course(self) -> Languages:
        """What the metadata say, or else the options, or else most items."""
        said = Counter(
            tag
            for root in self._roots.values()
            if LANGUAGE_TAG.fullmatch(tag := root.attributes.get("lang", "").strip())
        )
        most = said.most_common(1)[0][0] if said else ""
        learned = _tag(self._general("language")) or self._options.target_language or most
        educational = next((one for one in self._manifest.walk() if one.name == "educational"), None)
        spoken = _tag(educational.text_of("language")) if educational else ""
        source = spoken or self._options.source_language or learned or OTHERWISE
        if not learned and not self._options.source_language:
            self._manifest.say("note", f"the package does not say in which language it is; it was taken for `{source}`")
        return Languages(source, learned or source, self._own)

    def _resolve(self, source: str, element: Element) -> str | None:
        path = resolved(element.file, source)
        if path in self._names:
            return self._names[path]
        if not path or path not in self._archive:
            element.say("warning", f"the file `{source[:200]}` is not in the package; it was left out")
            return None
        content = self._archive.read(path)
        ref = self._names[path] = ref_of(content)
        self._media[ref] = content
        return ref


def _tag(text: str) -> str:
    return text if LANGUAGE_TAG.fullmatch(text) else ""


def _title_of(element: Element) -> str:
    title = " ".join(element.attributes.get("title", "").split())
    return (title or element.attributes.get("identifier", "") or element.name)[:200]


def _say_left_out(element: Element) -> None:
    for name in _LEFT_OUT:
        if found := element.first(name):
            found.say("warning", f"`{name}` is not supported and was left out")


def _all(place: Place) -> Iterator[Place]:
    yield place
    for inner in place.inner:
        yield from _all(inner)


def _height(place: Place) -> int:
    return 1 + max(map(_height, place.inner), default=0)


def _units(top: Place) -> Iterator[Place]:
    if top.items:
        yield Place(top.title, top.identifier, top.text, top.items)
    yield from top.inner


def _leaves(place: Place) -> Iterator[Place]:
    """Everything below that has items, in order."""
    if place.items or not place.inner:
        yield place
    for inner in place.inner:
        yield from _leaves(inner)
