"""Reads courses of LibreLingo: `course.yaml` > modules > skills > words and phrases.

A module becomes a section, a skill a unit, and its words and phrases lessons of a handful each. Pictures and audio
settings have no place here yet; that they are left out is said.
"""

import hashlib
import math
import re
from pathlib import Path

from msgspec import Struct

from domains.catalog.content import Course, DictionaryEntry, Lesson, Licence, Phrase, Section, Unit
from domains.catalog.formats.exercises import fill
from domains.catalog.formats.format import Format, Loaded, Options
from domains.catalog.formats.report import Report
from domains.catalog.formats.tree import Fields, Tree, parse, read_text
from domains.catalog.policy.groups import plain

PHRASES_PER_LESSON = 6

_PHRASE_HINTS = {
    "Also accepted": "of a phrase, other translations are `Alternative translations` (`Also accepted` is for words)",
    "Synonyms": "of a phrase, other versions are `Alternative versions` (`Synonyms` is for words)",
    "Alternative": "perhaps `Alternative versions` or `Alternative translations` is meant",
}
_WORD_HINTS = {
    "Alternative translations": "of a word, other translations are `Also accepted`",
    "Alternative versions": "of a word, other versions are `Synonyms`",
}
_REMARK_IN_WORD = re.compile(r"\s*\([^)]*\)\s*")


class _Languages(Struct, frozen=True):
    """Names as the files use them, and tags."""

    target_name: str
    target: str
    source_name: str
    source: str


def read(path: Path, report: Report, options: Options) -> Loaded | None:
    """The course in the directory `path`; None where the report has errors."""
    course = _course(path, report, options)
    return None if course is None else Loaded(fill(course))


def _course(path: Path, report: Report, options: Options) -> Course | None:
    root = path.resolve()
    tree = _parse(root, root / "course.yaml", report)
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
    languages = _languages(head)
    if settings := top.get("Settings"):
        settings.say("note", "`Settings` are about audio and spelling tools of LibreLingo and were left out")
    characters = head.get("Special characters")
    dictionary: dict[tuple[str, str], dict[str, None]] = {}
    sections = [_section(root, module, languages, dictionary, report) for module in top.items("Modules")]
    if report.has_errors:
        return None
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
            for (language, word), meanings in sorted(dictionary.items(), key=lambda item: item[0])
        ),
    )


def slugified(name: str) -> str:
    """`Basics 2/` as `basics-2`; a name without Latin letters gets one that only depends on it."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return slug or f"x{hashlib.blake2b(name.encode('utf-8', 'replace'), digest_size=5).hexdigest()}"


def _parse(root: Path, path: Path, report: Report) -> Tree | None:
    file = str(path.relative_to(root)) if path.is_relative_to(root) else path.name
    if not _is_inside(root, path):
        report.add("error", file, 1, "the file lies outside the course's directory")
        return None
    text = read_text(path, file, report)
    return None if text is None else parse(text, file, report)


def _is_inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        # A loop of symbolic links leads nowhere.
        return False


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


def _section(
    root: Path, module: Tree, languages: _Languages, dictionary: dict[tuple[str, str], dict[str, None]], report: Report
) -> Section | None:
    name = module.text("a module's directory")
    tree = _parse(root, root / name / "module.yaml", report) if name else None
    if tree is None:
        return None
    top = tree.fields({"Module", "Skills"}, "warning")
    about = top.need("Module")
    title = about.fields({"Name"}, "warning").need_text("Name") if about else ""
    key = slugified(name)
    units = []
    for skill in top.items("Skills"):
        file = skill.text("a skill's file")
        if not file:
            continue
        path = root / name / "skills" / file
        unit = _unit(root, path, f"{key}/{slugified(Path(file).stem)}", languages, dictionary, report)
        if unit is not None:
            units.append(unit)
    return Section(key, title, tuple(units))


def _unit(
    root: Path,
    path: Path,
    key: str,
    languages: _Languages,
    dictionary: dict[tuple[str, str], dict[str, None]],
    report: Report,
) -> Unit | None:
    tree = _parse(root, path, report)
    if tree is None:
        return None
    top = tree.fields({"Skill", "New words", "Phrases", "Mini-dictionary", "Two-way-dictionary"}, "warning")
    about = top.need("Skill")
    skill = about.fields({"Name", "Id", "Thumbnails"}, "warning") if about else None
    title = skill.need_text("Name") if skill else ""
    words = _words(top)
    sentences = _sentences(top)
    if skill and (pictures := skill.get("Thumbnails")):
        pictures.say("note", "`Thumbnails` were left out: units have no pictures yet")
    _mini_dictionary(top, languages, dictionary)
    _two_way_dictionary(top, languages, dictionary)
    if not words and not sentences:
        tree.say("warning", "the skill has neither words nor phrases")
    return Unit(key, title, _lessons(key, title, words, sentences), _introduction(path, report, root))


def _introduction(path: Path, report: Report, root: Path) -> str:
    markdown = path.with_suffix(".md")
    if not markdown.is_file() or not _is_inside(root, markdown):
        return ""
    text = (read_text(markdown, str(markdown.relative_to(root)), report) or "").strip()
    return text.replace("\x00", "\ufffd")


def _words(top: Fields) -> list[Phrase]:
    words = []
    pictures = []
    for tree in top.items("New words"):
        word = tree.fields({"Word", "Synonyms", "Translation", "Also accepted", "Images"}, "warning", _WORD_HINTS)
        words.append(_phrase(word, "Word", "Synonyms", "Translation", "Also accepted"))
        pictures += [image for image in [word.get("Images")] if image is not None]
    if pictures:
        pictures[0].say("note", f"`Images` of {len(pictures)} words were left out: words have no pictures yet")
    return [word for word in words if word is not None]


def _sentences(top: Fields) -> list[Phrase]:
    known = {"Phrase", "Alternative versions", "Translation", "Alternative translations"}
    sentences = [
        _phrase(
            tree.fields(known, "warning", _PHRASE_HINTS),
            "Phrase",
            "Alternative versions",
            "Translation",
            "Alternative translations",
        )
        for tree in top.items("Phrases")
    ]
    return [sentence for sentence in sentences if sentence is not None]


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


def _mini_dictionary(top: Fields, languages: _Languages, found: dict[tuple[str, str], dict[str, None]]) -> None:
    tree = top.get("Mini-dictionary")
    if tree is None:
        return
    sides = tree.fields({languages.target_name, languages.source_name} - {""}, "warning")
    for name, language in ((languages.target_name, languages.target), (languages.source_name, languages.source)):
        for item in sides.items(name):
            for word, _, meanings in item.entries("a word and its meaning"):
                found.setdefault((language, word), {}).update(dict.fromkeys(meanings.texts("a meaning")))


def _two_way_dictionary(top: Fields, languages: _Languages, found: dict[tuple[str, str], dict[str, None]]) -> None:
    """Each entry serves both languages; what stands in brackets is a remark and no part of the word."""
    for item in top.items("Two-way-dictionary"):
        for source, _, value in item.entries("a word and its translation"):
            target = value.text("a translation")
            for language, word, meaning in ((languages.source, source, target), (languages.target, target, source)):
                bare = _REMARK_IN_WORD.sub("", word)
                if bare:
                    found.setdefault((language, bare), {})[meaning] = None


def _recognises(path: Path) -> bool:
    return (path / "course.yaml").is_file()


FORMAT = Format("librelingo", "LibreLingo YAML", read, None, _recognises)
