"""Packages of QTI: read in both vocabularies, written in the newer one, and nothing left out in silence."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.formats import qti
from domains.catalog.formats.archive import packed
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.format import Loaded, Options
from domains.catalog.formats.report import Report
from domains.catalog.kinds import (
    Cloze,
    Essay,
    MatchPairs,
    MultipleChoice,
    MultipleResponse,
    Numeric,
    Order,
    ShortAnswer,
    Speak,
    TrueFalse,
)
from domains.catalog.kinds.assets import Audio, Image
from factories.courses import LETTERS, contents, lines

BEGINNERS = Path(__file__).parents[4] / "shared" / "data" / "qti" / "BegGuide_March2025.zip"
PICTURE = b"\x89PNG\r\n\x1a\n a picture"
SOUND = b"OggS a sound"

SAID = ("multiple_choice", "multiple_response", "true_false", "match_pairs", "order", "essay")
"""Kinds of which QTI can say all."""


def _read(raw: bytes, tmp_path: Path, options: Options | None = None) -> tuple[Loaded | None, Report]:
    path = tmp_path / "package.zip"
    path.write_bytes(raw)
    report = Report()
    return qti.read(path, report, options or Options()), report


def _said(report: Report) -> str:
    return "\n".join(map(str, report.remarks))


# ---- what we write


def _course(*exercises: Exercise, **more: object) -> Course:
    lesson = Lesson("food/eat/now", "Now", exercises, text=str(more.get("text", "")))
    unit = Unit("food/eat", "Eat", (lesson,), introduction=str(more.get("introduction", "")))
    return Course("spanish", "Spanish & more", "en", "es", (Section("food", "Food", (unit,)),), "About <it>.")


@st.composite
def _courses(draw: st.DrawFn) -> Course:
    made = []
    for number in range(draw(st.integers(1, 4))):
        content = draw(contents(*SAID))
        key = f"{draw(lines(8))}{number}"
        made.append(Exercise(key, content, explanation=draw(lines() | st.just(""))))
    words = st.lists(lines(signs=LETTERS), max_size=2).map("\n\n".join)
    return _course(*made, text=draw(words), introduction=draw(words))


@given(_courses())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_qti_can_say_comes_back_the_same(tmp_path: Path, course: Course) -> None:
    report = Report()
    loaded, problems = _read(qti.write(course, report, {}).body, tmp_path)
    assert not report.remarks
    assert not problems.remarks
    assert loaded is not None
    assert loaded.course == course


_ASKED = ("Which?", "en", "es")


def test_pictures_sounds_gaps_and_numbers_come_back_with_their_files(tmp_path: Path) -> None:
    picture, sound = Image(ref_of(PICTURE), 'a "cat"'), Audio(ref_of(SOUND))
    course = _course(
        Exercise("cloze", Cloze("Yo ___ a ___.\nSí.", "es", (("voy",), ("casa", "Casa"))), image=picture, audio=sound),
        Exercise("chosen", Cloze("Ella ___.", "es", (("come",),), (("come", "comes"),))),
        Exercise("number", Numeric("How far?", "en", Decimal("12.50"), Decimal("0.5"))),
        Exercise("short", ShortAnswer("Capital?", "en", "es", ("Madrid", "la villa"), shares={"villa": 0.5})),
        Exercise("pairs", MatchPairs("es", "en", (("a", "b"), ("c", "d")), decoys=("e",), text="Which?")),
        Exercise("weights", MultipleResponse(*_ASKED, ("a", "b", "c"), ("a", "b"), weights={"a": 0.75, "b": 0.25})),
        Exercise("shares", MultipleChoice(*_ASKED, ("a", "b"), "a", shares={"b": 0.25}, feedback={"b": "No."})),
    )
    loaded, problems = _read(
        qti.write(course, Report(), {ref_of(PICTURE): PICTURE, ref_of(SOUND): SOUND}).body, tmp_path
    )
    assert not problems.remarks
    assert loaded is not None
    assert loaded.course == course
    assert loaded.media == {ref_of(PICTURE): PICTURE, ref_of(SOUND): SOUND}


def test_what_qti_cannot_say_is_told() -> None:
    course = msgspec.structs.replace(
        _course(
            Exercise("say", Speak("Hola", "es"), hints=("h",)), Exercise("so", TrueFalse("So?", "en", True), ("h",))
        ),
        level="A1",
        tags=("x",),
    )
    report = Report()
    qti.write(course, report, {})
    assert [remark.message for remark in report.remarks] == [
        "the exercise `say` is no question that QTI knows (`speak`), and was left out",
        "`level` of the course cannot be said in QTI and was left out",
        "`tags` of the course cannot be said in QTI and was left out",
        "`hints` of 2 exercises cannot be said in QTI and was left out",
    ]


# ---- what others write


def _item(declaration: str, body: str, processing: str = "", **attributes: str) -> bytes:
    """In the vocabulary of 2.1."""
    said = "".join(f' {name.replace("_", ":")}="{value}"' for name, value in attributes.items())
    return f"""<?xml version="1.0"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="Q-1" title="One"{said}>
{declaration}
<itemBody>{body}</itemBody>
{processing}
</assessmentItem>""".encode()


def _package(*items: bytes, test: bytes | None = None, files: dict[str, bytes] | None = None) -> bytes:
    listed = "".join(
        f'<resource identifier="R{number}" type="imsqti_item_xmlv2p1" href="items/{number}.xml"/>'
        for number in range(len(items))
    )
    if test:
        listed += '<resource identifier="T" type="imsqti_test_xmlv2p1" href="test.xml"/>'
    manifest = f'<manifest identifier="M"><resources>{listed}</resources></manifest>'.encode()
    content = {"imsmanifest.xml": manifest} | {f"items/{number}.xml": item for number, item in enumerate(items)}
    return packed(content | ({"test.xml": test} if test else {}) | (files or {}))


def _declared(*values: str, cardinality: str = "single", kind: str = "identifier", name: str = "RESPONSE") -> str:
    right = "".join(f"<value>{value}</value>" for value in values)
    return (
        f'<responseDeclaration identifier="{name}" cardinality="{cardinality}" baseType="{kind}">'
        f"<correctResponse>{right}</correctResponse></responseDeclaration>"
    )


def _choices(element: str, **texts: str) -> str:
    return "".join(f'<{element} identifier="{name}" matchMax="1">{text}</{element}>' for name, text in texts.items())


_R = 'responseIdentifier="RESPONSE"'
_SIDES = (
    f"<simpleMatchSet>{_choices('simpleAssociableChoice', a='uno', b='dos')}</simpleMatchSet>"
    f"<simpleMatchSet>{_choices('simpleAssociableChoice', x='one', y='two')}</simpleMatchSet>"
)
INTERACTIONS: dict[str, tuple[bytes, object]] = {
    "choice": (
        _item(_declared("b"), f"<p>Which?</p><choiceInteraction {_R}>{_choices('simpleChoice', a='no', b='yes')}"
              "</choiceInteraction>"),
        MultipleChoice("Which?", "en", "en", ("no", "yes"), "yes"),
    ),
    "a question without words": (
        _item(_declared("sol", kind="string"), f"<p><textEntryInteraction {_R}/></p>"),
        ShortAnswer("One", "en", "en", ("sol",)),
    ),
    "inline choice": (
        _item(_declared("b"), f"<p>I <inlineChoiceInteraction {_R}>{_choices('inlineChoice', a='is', b='am')}"
              "</inlineChoiceInteraction> here.</p>"),
        Cloze("I ___ here.", "en", (("am",),), (("is", "am"),)),
    ),
    "text entry": (
        _item(_declared("am", kind="string"), f"<p>I <textEntryInteraction {_R}/> not ___ here.</p>"),
        Cloze("I ___ not … here.", "en", (("am",),)),
    ),
    "extended text": (
        _item("", f"<p>Write.</p><extendedTextInteraction {_R}><prompt>At length.</prompt></extendedTextInteraction>"),
        Essay("Write.\n\nAt length.", "en", "en"),
    ),
    "match": (
        _item(_declared("a x", "b y", cardinality="multiple", kind="directedPair"),
              f"<matchInteraction {_R}>{_SIDES}</matchInteraction>"),
        MatchPairs("en", "en", (("uno", "one"), ("dos", "two"))),
    ),
    "match of several": (
        _item(_declared("a x", "b x", cardinality="multiple", kind="directedPair"),
              f"<p>Sort.</p><matchInteraction {_R}>{_SIDES}</matchInteraction>"),
        Cloze("Sort.\nuno = ___\ndos = ___", "en", (("one",), ("one",)), (("one", "two"), ("one", "two"))),
    ),
    "associate": (
        _item(_declared("a b", "c d", cardinality="multiple", kind="pair"), f"<associateInteraction {_R}>"
              f"{_choices('simpleAssociableChoice', a='1', b='one', c='2', d='two')}</associateInteraction>"),
        MatchPairs("en", "en", (("1", "one"), ("2", "two"))),
    ),
    "order": (
        _item(_declared("b", "a", cardinality="ordered"), f"<orderInteraction {_R}><prompt>Sort.</prompt>"
              f"{_choices('simpleChoice', a='two', b='one')}</orderInteraction>"),
        Order("Sort.", "en", "en", ("one", "two")),
    ),
    "gap match": (
        _item(_declared("a g", "b h", cardinality="multiple", kind="directedPair"), f"<gapMatchInteraction {_R}>"
              f"{_choices('gapText', a='am', b='are')}<p>I <gap identifier=\"g\"/>, you <gap identifier=\"h\"/>.</p>"
              "</gapMatchInteraction>"),
        Cloze("I ___, you ___.", "en", (("am",), ("are",)), (("am", "are"), ("am", "are"))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INTERACTIONS)
def test_an_interaction_of_the_older_vocabulary_is_read(name: str, tmp_path: Path) -> None:
    raw, content = INTERACTIONS[name]
    loaded, report = _read(_package(raw), tmp_path, Options(source_language="en"))
    assert [remark.severity for remark in report.remarks] == ["note"] * (name == "match of several")
    assert loaded is not None
    assert [exercise.content for exercise in loaded.course.exercises()] == [content]


def test_what_is_not_supported_is_named_with_its_file_and_line_and_the_rest_is_read(tmp_path: Path) -> None:
    good = INTERACTIONS["choice"][0]
    spots = _item(_declared("1 1"), f"<p>Where?</p>\n<hotspotInteraction {_R}/>")
    chance = _item("<templateDeclaration/>" + _declared("b"), f"<choiceInteraction {_R}/>")
    unsaid = _item("", f"<choiceInteraction {_R}>{_choices('simpleChoice', a='no', b='yes')}</choiceInteraction>")
    custom = good.replace(
        b"</assessmentItem>", b"<responseProcessing><randomInteger/></responseProcessing></assessmentItem>"
    )
    broken = b"<assessmentItem>"
    unseen = good.replace(
        b"<p>Which?</p>", b"<p>Which? <img src='no.png' alt='x'/><img src='http://x.test/a.png'/></p>"
    )
    loaded, report = _read(
        _package(good, spots, chance, unsaid, custom, broken, unseen), tmp_path, Options(source_language="en")
    )
    assert loaded is not None
    assert len(list(loaded.course.exercises())) == 3
    assert _said(report).splitlines() == [
        "items/5.xml:1: warning: this is not XML: no element found; it was left out",
        "items/1.xml:5: warning: `hotspotInteraction` is not supported; the question was left out",
        "items/2.xml:3: warning: `templateDeclaration` (values by chance) is not supported; the item was left out",
        "items/3.xml:4: warning: the item does not say what is right; the question was left out",
        "items/4.xml:6: warning: scoring of its own (`randomInteger`) is not understood; right is what the item "
        "declares as right",
        "items/6.xml:4: warning: the file `no.png` is not in the package; it was left out",
        "items/6.xml:4: warning: the file `http://x.test/a.png` is not in the package; it was left out",
    ]


def test_sections_of_a_test_become_lessons_and_loose_items_one_of_their_own(tmp_path: Path) -> None:
    test = b"""<assessmentTest identifier="T" title="Final"><testPart identifier="P"><timeLimits maxTime="60"/>
      <assessmentSection identifier="A" title="First">
      <rubricBlock view="candidate"><p>Read <b>this</b>.</p></rubricBlock>
      <assessmentItemRef identifier="i" href="items/0.xml"/></assessmentSection></testPart></assessmentTest>"""
    choice, order = INTERACTIONS["choice"][0], INTERACTIONS["order"][0]
    loaded, report = _read(_package(choice, order, test=test), tmp_path, Options(source_language="en"))
    assert loaded is not None
    assert [(lesson.key, lesson.title, lesson.text, len(lesson.exercises)) for lesson in loaded.course.lessons()] == [
        ("a", "First", "Read **this**.", 1),
        ("items", "Items", "", 1),
    ]
    assert _said(report).splitlines() == [
        "test.xml:1: warning: `timeLimits` is not supported and was left out",
        "imsmanifest.xml:1: note: 1 items are in no test; they became a lesson of their own",
    ]


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"text", "package.zip:1: error: this is no zip file"),
    "no manifest": (lambda: packed({"a.xml": b"<a/>"}), "package.zip:1: error: there is no `imsmanifest.xml`"),
    "a broken manifest": (
        lambda: packed({"imsmanifest.xml": b"<a>\n<b></a>"}),
        "imsmanifest.xml:2: error: this is not XML",
    ),
    "entities": (
        lambda: packed({"imsmanifest.xml": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'}),
        "imsmanifest.xml:1: error: document types (`<!DOCTYPE`) are not allowed",
    ),
    "nothing of QTI": (lambda: _package(), "imsmanifest.xml:1: error: the package lists no item of QTI 2 or 3"),
    "a way out": (lambda: packed({"../imsmanifest.xml": b"<a/>"}), "leads out of it"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_package_says_what_is_wrong(name: str, tmp_path: Path) -> None:
    make, message = BAD[name]
    loaded, report = _read(make(), tmp_path)
    assert loaded is None
    assert message in _said(report)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_item_is_read_or_reported_and_never_raises(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from([raw for raw, _ in INTERACTIONS.values()])))
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(raw) - 1))
        raw[start : start + data.draw(st.integers(0, 30))] = data.draw(
            st.sampled_from([b"", b"<p>", b"</p>", b'"', b"a", b"9"])
        )
        if not raw:
            break
    loaded, report = _read(_package(bytes(raw)), tmp_path, Options(source_language="en"))
    assert report.remarks or (loaded is not None and any(loaded.course.exercises()))


@pytest.mark.skipif(not BEGINNERS.exists(), reason="real packages are not here")
def test_a_real_package_is_read_whole(tmp_path: Path) -> None:
    loaded, report = _read(BEGINNERS.read_bytes(), tmp_path)
    assert loaded is not None
    kinds = [exercise.content.kind() for exercise in loaded.course.exercises()]
    assert kinds == ["multiple_choice", "true_false", "multiple_response", "essay", "cloze", "essay"]
    assert len(loaded.media) == 2
    assert [remark.severity for remark in report.remarks] == ["warning", "note"]
