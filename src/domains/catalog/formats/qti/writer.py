"""Courses as packages of QTI 3.0: one test of sections in sections, an item for each exercise, and the files they show.

What QTI has no words for is reported.
"""

from collections.abc import Iterator, Mapping, Sequence

from domains.catalog.content import Course, Exercise, Lesson, Unit
from domains.catalog.formats.archive import MOST_ENTRIES, packed
from domains.catalog.formats.files import file_name, kind_of
from domains.catalog.formats.format import Media, Written
from domains.catalog.formats.qti.markup import document, element, paragraphs, text
from domains.catalog.formats.qti.names import TOOL, identifier
from domains.catalog.formats.qti.package import MANIFEST
from domains.catalog.formats.qti.questions import RESPONSE, Question, question
from domains.catalog.formats.report import Report
from domains.catalog.formats.unsaid import tell_unsaid
from domains.catalog.kinds.assets import Audio, Image

NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
PACKAGE_NAMESPACE = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
LOM_NAMESPACE = "http://ltsc.ieee.org/xsd/LOM"
TEST = "test.xml"
_TITLE_LENGTH = 80
_SAID: Mapping[type, Sequence[str]] = {
    Course: ("slug", "description", "source_language", "target_language"),
    Unit: ("introduction",),
    Lesson: ("text",),
    Exercise: ("explanation", "image", "audio"),
}


def write(course: Course, report: Report, media: Media) -> Written:
    return _Writer(course, report, media).written()


class _Writer:
    def __init__(self, course: Course, report: Report, media: Media) -> None:
        self._course = course
        self._report = report
        self._media = media
        self._files: dict[str, bytes] = {}
        self._resources: list[str] = []
        self._used: list[str] = []
        """Files of the item that is being written."""
        self._stored: set[str] = set()
        self._slow = 0

    def written(self) -> Written:
        self._files[MANIFEST] = b""
        test = self._test()
        self._files[TEST] = document(test)
        self._resource("test", "imsqti_test_xmlv3p0", TEST, [])
        self._files[MANIFEST] = document(self._manifest())
        self._tell()
        return Written(packed(self._files, plain=sorted(self._stored)), ".zip", "application/zip")

    # ---- the tree

    def _test(self) -> str:
        sections = [
            self._section(
                "section",
                section.key,
                section.title,
                "",
                [
                    self._section(
                        "unit", unit.key, unit.title, unit.introduction, [self._lesson(one) for one in unit.lessons]
                    )
                    for unit in section.units
                ],
            )
            for section in self._course.sections
        ]
        part = {"identifier": "part", "navigation-mode": "nonlinear", "submission-mode": "individual"}
        return element(
            "qti-assessment-test",
            {"xmlns": NAMESPACE, "identifier": "test", "title": self._course.title, "tool-name": TOOL},
            element("qti-test-part", part, *sections),
        )

    def _section(self, level: str, key: str, title: str, words: str, inner: list[str]) -> str:
        block = ""
        if words:
            content = element("qti-content-body", None, paragraphs(words))
            block = element("qti-rubric-block", {"use": "instructions", "view": "candidate"}, content)
        about = {"identifier": identifier(level, key), "title": title, "visible": "true"}
        return element("qti-assessment-section", about, block, *inner)

    def _lesson(self, lesson: Lesson) -> str:
        refs = [ref for exercise in lesson.exercises if (ref := self._item(exercise, lesson))]
        return self._section("lesson", lesson.key, lesson.title, lesson.text, refs)

    # ---- items

    def _item(self, exercise: Exercise, lesson: Lesson) -> str:
        self._used = []
        made = question(exercise.content, lambda what: self._say(exercise, what), self._image)
        if made is None:
            self._say(exercise, f"is no question that QTI knows (`{exercise.content.kind()}`), and was left out")
            return ""
        number = len(self._resources) + 1
        path = f"items/item{number:04}.xml"
        name = identifier("exercise", exercise.key)
        body = self._body(exercise, made)
        processing = made.processing
        if made.has_feedback:
            processing += element(
                "qti-set-outcome-value", {"identifier": "FEEDBACK"}, element("qti-variable", {"identifier": RESPONSE})
            )
        root = element(
            "qti-assessment-item",
            {
                "xmlns": NAMESPACE,
                "identifier": name,
                "title": f"{lesson.title[:_TITLE_LENGTH]} {number}",
                "adaptive": "false",
                "time-dependent": "false",
                "xml:lang": made.language,
                "tool-name": TOOL,
            },
            made.declarations,
            *_outcomes(exercise, made),
            body,
            element("qti-response-processing", None, processing) if processing else "",
            _explained(exercise.explanation),
        )
        self._files[path] = document(root)
        self._resource(name, "imsqti_item_xmlv3p0", path, self._used)
        return element("qti-assessment-item-ref", {"identifier": name, "href": path})

    def _body(self, exercise: Exercise, made: Question) -> str:
        shown = element("div", None, self._image(exercise.image)) if exercise.image else ""
        heard = [sound for sound in (made.audio, exercise.audio) if sound]
        if len(heard) > 1:
            self._say(exercise, "has two sounds; the second was left out")
        played = element("div", None, self._sound(heard[0])) if heard else ""
        return element("qti-item-body", {"xml:lang": made.language}, shown, played, made.body)

    def _image(self, image: Image) -> str:
        source = self._file(image.media)
        return element("img", {"src": f"../{source}", "alt": image.alt}) if source else text(image.alt)

    def _sound(self, audio: Audio) -> str:
        self._slow += audio.slow is not None
        source = self._file(audio.media)
        if not source:
            return ""
        kind = kind_of(self._media[audio.media])[1]
        return element("audio", {"controls": "controls"}, element("source", {"src": f"../{source}", "type": kind}))

    def _file(self, ref: str) -> str:
        """The path of a file in the package; empty, and reported, where it is not at hand."""
        raw = self._media.get(ref)
        if raw is None:
            self._report.add("warning", self._course.slug, 1, f"the file {ref} is not there; it was left out")
            return ""
        path = f"media/{file_name(ref, raw)}"
        if path not in self._files:
            self._files[path] = raw
            self._stored.add(path)
        if path not in self._used:
            self._used.append(path)
        return path

    # ---- the manifest

    def _resource(self, name: str, kind: str, path: str, files: list[str]) -> None:
        inner = [element("file", {"href": path}), *(element("file", {"href": one}) for one in files)]
        about = {"identifier": f"R{len(self._resources) + 1}", "type": kind, "href": path}
        self._resources.append(element("resource", about, *inner))

    def _manifest(self) -> str:
        course = self._course
        general = [element("title", None, element("string", {"language": course.source_language}, text(course.title)))]
        general.append(element("language", None, text(course.target_language)))
        if course.description:
            words = element("string", {"language": course.source_language}, text(course.description))
            general.append(element("description", None, words))
        lom = element(
            "lom",
            {"xmlns": LOM_NAMESPACE},
            element("general", None, *general),
            element("educational", None, element("language", None, text(course.source_language))),
        )
        schema = element("schema", None, "QTI Package") + element("schemaversion", None, "3.0.0")
        return element(
            "manifest",
            {"xmlns": PACKAGE_NAMESPACE, "identifier": identifier(TOOL, course.slug)},
            element("metadata", None, schema, lom),
            element("organizations"),
            element("resources", None, *self._resources),
        )

    # ---- what is not said

    def _say(self, exercise: Exercise, what: str) -> None:
        self._report.add("warning", self._course.slug, 1, f"the exercise `{exercise.key}` {what}")

    def _tell(self) -> None:
        tell_unsaid(self._course, self._report, "QTI", _SAID)
        if self._slow:
            self._report.add(
                "warning", self._course.slug, 1, f"{self._slow} slow recordings cannot be said in QTI and were left out"
            )
        if len(self._files) > MOST_ENTRIES:
            self._report.add(
                "warning", self._course.slug, 1, f"the package has {len(self._files):,} files; some programs take fewer"
            )


def _outcomes(exercise: Exercise, made: Question) -> Iterator[str]:
    score = {"identifier": "SCORE", "cardinality": "single", "base-type": "float", "normal-maximum": 1}
    none = element("qti-default-value", None, element("qti-value", None, "0"))
    yield element("qti-outcome-declaration", score, none)
    if made.has_feedback:
        several = "multiple" if made.is_multiple else "single"
        about = {"identifier": "FEEDBACK", "cardinality": several, "base-type": "identifier"}
        yield element("qti-outcome-declaration", about)
    if exercise.explanation:
        about = {"identifier": "EXPLANATION", "cardinality": "single", "base-type": "identifier"}
        yield element("qti-outcome-declaration", about)


def _explained(explanation: str) -> str:
    """Hidden by a name that the outcome never has: so it is shown after every answer."""
    if not explanation:
        return ""
    about = {"outcome-identifier": "EXPLANATION", "identifier": "never", "show-hide": "hide"}
    return element("qti-modal-feedback", about, element("qti-content-body", None, paragraphs(explanation)))
