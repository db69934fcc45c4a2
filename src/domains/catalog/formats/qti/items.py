"""Items of QTI as exercises: a question for each interaction. What no kind can say is reported and left out."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from domains.catalog.content import Exercise, Material
from domains.catalog.formats import html
from domains.catalog.formats.qti import dom, interactions
from domains.catalog.formats.qti.answers import Scoring, declarations, feedback, scoring
from domains.catalog.formats.qti.interactions import Asked, Languages, NotSupported
from domains.catalog.formats.xml import Element
from domains.catalog.kinds.assets import Audio, Image
from domains.catalog.kinds.cloze import GAP
from domains.catalog.kinds.kind import LONGEST_TEXT

Resolve = Callable[[str, Element], str | None]
"""The name in the course of a file that an element names by its path in the package; None, and a remark, without it."""

_INTERACTION = re.compile(r".*Interaction")
_IN_TEXT = {"textEntryInteraction", "inlineChoiceInteraction"}
_SILENT = {"modalFeedback", "feedbackBlock", "feedbackInline", "stylesheet", "catalogInfo"}
_UNSURE = ("templateDeclaration", "templateProcessing")
_GAPS = re.compile(r"_{3,}")
_LONGEST_EXPLANATION = 20_000


class Item(Struct):
    """`passages` are texts to read before the questions, in Markdown: too long for a question, or shared by many."""

    exercises: list[Exercise] = []
    passages: list[str] = []
    materials: list[Material] = []


class Surroundings(Struct, frozen=True):
    """What an item does not say itself."""

    languages: Languages
    resolve: Resolve


def item(root: Element, key: str, around: Surroundings) -> Item:
    made = Item()
    body = root.first("itemBody")
    if body is None:
        root.say("warning", "the item has no body; it was left out")
        return made
    for name in _UNSURE:
        if found := root.first(name):
            found.say("warning", f"`{name}` (values by chance) is not supported; the item was left out")
            return made
    asked = [element for element in body.walk() if _INTERACTION.fullmatch(element.name)]
    made.materials.extend(_videos(root, body, around.resolve))
    if not asked:
        body.say("note", "the item asks nothing; its text is kept for the lesson")
        made.passages.append(dom.read(body, markdown=True).text)
        return made
    _Reader(root, body, key, around, made).read(asked)
    return made


class _Reader:
    def __init__(self, root: Element, body: Element, key: str, around: Surroundings, made: Item) -> None:
        self._root = root
        self._body = body
        self._key = key
        self._made = made
        self._resolve = around.resolve
        self._declared = declarations(root)
        self._scoring: Scoring = scoring(root)
        self._languages = around.languages.of(root).of(body)
        self._image: Image | None = None
        self._audio: Audio | None = None

    def read(self, asked: list[Element]) -> None:
        groups = [[element] for element in asked]
        # Gaps of one text are one question.
        if all(element.name in _IN_TEXT for element in asked) and len({element.name for element in asked}) == 1:
            groups = [asked]
        reading = dom.read(self._body, self._without(asked))
        self._assets(reading)
        explanation = self._explanation()
        text = reading.text if groups[0][0].name not in _IN_TEXT else ""
        text = self._short(text)
        for number, group in enumerate(groups):
            key = self._key if number == 0 else f"{self._key}.{number + 1}"
            if exercise := self._exercise(key, group, text, asked):
                self._made.exercises.append(
                    msgspec.structs.replace(
                        exercise, image=self._image, audio=self._audio, explanation=explanation[:_LONGEST_EXPLANATION]
                    )
                )

    def _exercise(self, key: str, group: list[Element], text: str, asked: list[Element]) -> Exercise | None:
        first = group[0]
        question = Asked(
            elements=tuple(group),
            declared=self._declared,
            scoring=self._scoring,
            languages=self._languages,
            title=" ".join(self._root.attributes.get("title", "").split()),
            text=text,
            said=self._feedback_by_answer(),
            gapped=lambda: self._gapped(group, asked),
            resolve=self._resolve,
        )
        try:
            content = interactions.content(question)
            msgspec.convert(msgspec.to_builtins(content), type=type(content))
        except NotSupported as error:
            first.say("warning", f"{error}; the question was left out")
            return None
        except (ValueError, msgspec.ValidationError) as error:
            first.say("warning", f"the question was left out: {error}")
            return None
        return Exercise(key, content)

    def _without(self, asked: list[Element]) -> dom.Replace:
        """The body without its questions and without what is said after them."""
        inside = {id(element) for element in asked}

        def replace(element: Element) -> str | None:
            if id(element) in inside or element.name in _SILENT:
                return ""
            if element.name == "rubricBlock" and "candidate" not in element.attributes.get("view", "candidate"):
                return ""
            return None

        return replace

    def _gapped(self, group: list[Element], asked: list[Element]) -> str:
        """The body with a gap in the place of each of these questions."""
        gaps = {id(element) for element in group}
        without = self._without(asked)
        reading = dom.read(self._body, lambda element: "\u0002" if id(element) in gaps else without(element))
        return _GAPS.sub("…", reading.text).replace("\u0002", GAP)

    def _assets(self, reading: html.Reading) -> None:
        """One picture and one sound stand with a question."""
        pictures = [image for one in reading.pictures if (image := self._picture(one))]
        sounds = [ref for one in reading.sounds if (ref := self._resolve(one, self._body))]
        if pictures:
            self._image = pictures[0]
        if sounds:
            self._audio = Audio(sounds[0])
        for count, what in ((len(pictures), "picture"), (len(sounds), "sound")):
            if count > 1:
                self._body.say("warning", f"only the first of {count} {what}s is shown with the question")
        for what in reading.lost:
            self._body.say("warning", f"{what} was left out of the text")

    def _picture(self, picture: html.Picture) -> Image | None:
        ref = self._resolve(picture.source, self._body)
        return Image(ref, " ".join(picture.alt.split())[:500]) if ref else None

    def _short(self, text: str) -> str:
        """Long texts are read in the lesson, before the questions."""
        if len(text) <= LONGEST_TEXT * 2 // 3:
            return text
        self._body.say("note", "the text is long for a question and was put into the text of the lesson")
        markdown = dom.read(self._body, self._without([e for e in self._body.walk() if _INTERACTION.fullmatch(e.name)]),
                            markdown=True)  # fmt: skip
        self._made.passages.append(markdown.text)
        return ""

    def _explanation(self) -> str:
        by_answer = self._feedback_by_answer()
        texts = [
            dom.read(element, markdown=True).text
            for element in feedback(self._root)
            if element.attributes.get("identifier") not in by_answer
        ]
        return "\n\n".join(dict.fromkeys(text for text in texts if text))

    def _feedback_by_answer(self) -> Mapping[str, str]:
        """What is said to whoever gives one answer: feedback that has the name of an option."""
        options = {
            element.attributes.get("identifier")
            for element in self._body.walk()
            if element.name in {"simpleChoice", "inlineChoice"}
        }
        found = {}
        for element in feedback(self._root):
            name = element.attributes.get("identifier", "")
            if name in options and element.attributes.get("showHide", "show") == "show":
                found[name] = dom.read(element).text
        return found


def _videos(root: Element, body: Element, resolve: Resolve) -> Iterator[Material]:
    """The first file of each: the others are the same in other forms."""
    for video in dom.videos(body):
        sources = [video, *video.all("source")]
        named = [one.attributes.get("src") or one.attributes.get("data") or "" for one in sources]
        found = next((ref for name in named if name and (ref := resolve(name, video))), None)
        if found is None:
            video.say("warning", "a video was left out")
        else:
            title = " ".join(root.attributes.get("title", "").split())[:80] or "Video"
            yield Material(title, found)
            video.say("note", f"a video became a file of the lesson, `{title}`")


def resolved(base: str, source: str) -> str:
    """The path in the package that `source` means in the file `base`; empty where it leads out of it."""
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", source):
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(source.partition("#")[0])))
    return "" if path.startswith(("..", "/")) or path == "." else path
