"""Packages of Anki: what Anki writes is read, what we write Anki opens, and nothing is left out in silence."""

import io
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from anki.collection import (
    Collection,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.catalog import formats
from domains.catalog.content import Course, Exercise, Lesson, Phrase, Section, Skill, Unit, problems
from domains.catalog.formats import anki
from domains.catalog.formats.anki import reading, scheduling, templates
from domains.catalog.formats.anki.collection import Card, Deck, Note, Notetype, Template
from domains.catalog.formats.anki.collection import Collection as Decoded
from domains.catalog.formats.anki.names import guid_of, key_of
from domains.catalog.formats.anki.reading import course_of
from domains.catalog.formats.archive import Archive, packed
from domains.catalog.formats.files import ref_of
from domains.catalog.formats.format import Loaded, Options, ScheduledCard
from domains.catalog.formats.report import Report
from domains.catalog.kinds import Flashcard, Speak, Translate
from domains.catalog.kinds.assets import Audio, Image
from factories.courses import distinct, lines

PICTURE = b"\x89PNG\r\n\x1a\n a picture"
SOUND = b"OggS a sound"
MEDIA = {ref_of(PICTURE): PICTURE, ref_of(SOUND): SOUND}
# Noon of Anki's day, which begins at four o'clock, local time.
NOW = (datetime.now(UTC) - timedelta(hours=4)).replace(hour=12, minute=0, second=0, microsecond=0)


def _read(raw: bytes, tmp_path: Path, options: Options | None = None) -> tuple[Loaded | None, Report]:
    path = tmp_path / "deck.apkg"
    path.write_bytes(raw)
    report = Report()
    return anki.read(path, report, options or Options()), report


def _loaded(raw: bytes, tmp_path: Path) -> Loaded:
    loaded, _ = _read(raw, tmp_path)
    assert loaded is not None
    return loaded


def _deck(*exercises: Exercise, title: str = "Animals") -> Course:
    lesson = Lesson("a/b/c", title, exercises, form="deck")
    skills = tuple(Skill(key, key) for key in dict.fromkeys(key for each in exercises for key in each.skills))
    section = Section("a", "Spanish", (Unit("a/b", "Words", (lesson,)),))
    return Course("spanish", "Spanish: first words", "en", "es", (section,), skills=skills)


CAT = Exercise(
    "cat",
    Flashcard("el gato <b>", "es", "en", ("the cat", "a cat & dog"), "Los gatos.", back_audio=Audio(ref_of(SOUND))),
    hints=("meow", "purr"),
    explanation="Why *so*.\n\nYes.",
    image=Image(ref_of(PICTURE), 'a "cat"'),
    skills=("animals",),
)  # fmt: skip
DOG = Exercise("anki-48783b", Flashcard("el perro", "es", "en", ("the dog",)))
NEVER = Exercise("never", Flashcard("the bird", "en", "es", ("el pájaro",)))
SCHEDULE = (
    ScheduledCard(
        "cat", due=NOW + timedelta(days=10), last_review=NOW - timedelta(days=2), interval_days=12.0, ease=2.3,
        stability=12.5, difficulty=5.25, reviews=4, lapses=1,
    ),
    ScheduledCard(
        "anki-48783b", due=NOW + timedelta(minutes=10), last_review=NOW, ease=2.5, stability=0.5, difficulty=6.0,
        reviews=1,
    ),
)  # fmt: skip


# ---- Anki itself


@pytest.fixture
def anki_itself(tmp_path: Path) -> Iterator[Collection]:
    collection = Collection(str(tmp_path / "collection.anki2"))
    yield collection
    collection.close()


def _import(collection: Collection, raw: bytes, tmp_path: Path) -> Any:
    path = tmp_path / "ours.apkg"
    path.write_bytes(raw)
    options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True, merge_notetypes=True)
    return collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options)).log


def _export(collection: Collection, tmp_path: Path, *, legacy: bool) -> bytes:
    path = tmp_path / "theirs.apkg"
    options = ExportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy)
    collection.export_anki_package(out_path=str(path), options=options, limit=None)
    return path.read_bytes()


def test_anki_opens_what_we_write_with_the_same_notes_cards_files_and_due_dates(
    anki_itself: Collection, tmp_path: Path
) -> None:
    written = anki.write_deck(_deck(CAT, DOG, NEVER), Report(), MEDIA, SCHEDULE)
    log = _import(anki_itself, written.body, tmp_path)
    assert (len(log.new), len(log.conflicting)) == (3, 0)
    notes = [anki_itself.get_note(note) for note in anki_itself.find_notes("")]
    assert [(note.guid, note.fields[0], note.tags) for note in notes] == [
        ("lyceum:cat", "el gato &lt;b&gt;", ["animals"]),
        ("Hx;", "el perro", []),
        ("lyceum:never", "the bird", []),
    ]
    cat, dog, never = (note.cards()[0] for note in notes)
    assert (cat.type, cat.queue, cat.due - anki_itself.sched.today, cat.ivl, cat.reps, cat.lapses) == (
        2,
        2,
        10,
        12,
        4,
        1,
    )
    assert cat.memory_state is not None
    assert (cat.memory_state.stability, cat.memory_state.difficulty) == (12.5, 5.25)
    assert cat.last_review_time == int((NOW - timedelta(days=2)).timestamp())
    assert (dog.type, dog.queue, dog.due) == (1, 1, int((NOW + timedelta(minutes=10)).timestamp()))
    assert (never.type, never.due) == (0, 3)
    assert anki_itself.decks.name(cat.did) == "Spanish: first words::Spanish::Words::Animals"
    assert sorted(path.read_bytes() for path in Path(anki_itself.media.dir()).iterdir()) == sorted(MEDIA.values())
    assert "<div>the cat</div><div>a cat &amp; dog</div>" in cat.answer()
    assert anki_itself.fix_integrity()[1]


@pytest.mark.parametrize("legacy", [True, False], ids=["old", "new"])
def test_what_we_wrote_comes_back_through_anki_the_same(anki_itself: Collection, tmp_path: Path, legacy: bool) -> None:
    course = _deck(CAT, DOG, NEVER)
    _import(anki_itself, anki.write_deck(course, Report(), MEDIA, SCHEDULE).body, tmp_path)
    loaded = _loaded(_export(anki_itself, tmp_path, legacy=legacy), tmp_path)
    assert loaded.course == course
    assert loaded.media == MEDIA
    assert [(card.exercise, card.due.date(), card.stability, card.difficulty) for card in loaded.schedule] == [
        (card.exercise, card.due.date(), card.stability, card.difficulty) for card in SCHEDULE
    ]


def test_a_package_imported_again_brings_the_same_notes_up_to_date(anki_itself: Collection, tmp_path: Path) -> None:
    _import(anki_itself, anki.write_deck(_deck(CAT), Report(), MEDIA, (), NOW - timedelta(days=1)).body, tmp_path)
    changed = Exercise("cat", Flashcard("la gata", "es", "en", ("the cat",)))
    log = _import(anki_itself, anki.write_deck(_deck(DOG, changed), Report(), {}, (), NOW).body, tmp_path)
    assert (len(log.new), len(log.updated)) == (1, 1)
    assert {anki_itself.get_note(note).fields[0] for note in anki_itself.find_notes("")} == {"el perro", "la gata"}


@pytest.mark.parametrize("legacy", [True, False], ids=["old", "new"])
def test_what_anki_writes_is_read_with_its_cards_files_and_dates(
    anki_itself: Collection, tmp_path: Path, legacy: bool
) -> None:
    picture = anki_itself.media.write_data("apple.png", PICTURE)

    def add(kind: str, deck: str, *fields: str, tags: tuple[str, ...] = ()) -> Any:
        model = anki_itself.models.by_name(kind)
        assert model is not None
        note = anki_itself.new_note(model)
        note.fields[: len(fields)] = fields
        note.tags = list(tags)
        deck_id = anki_itself.decks.id(deck)
        assert deck_id is not None
        anki_itself.add_note(note, deck_id)
        return note

    apple = add("Basic", "Spanish::Food::Fruit", f"manzana <img src='{picture}'>", "<b>apple</b>", tags=("red",))
    pear = add("Basic (and reversed card)", "Spanish::Food::Fruit", "pera", "pear [sound:none.mp3]")
    add("Cloze", "Spanish::Verbs", "{{c1::Soy}} de {{c2::España::country}}", "To be")
    add("Image Occlusion", "Spanish::Verbs", "{{c1::image-occlusion:rect:left=.1}}", "x")
    anki_itself.sched.set_due_date([apple.cards()[0].id], "5")
    anki_itself.sched.set_due_date([pear.cards()[1].id], "7")
    anki_itself.sched.suspend_cards([pear.cards()[0].id])
    loaded, report = _read(_export(anki_itself, tmp_path, legacy=legacy), tmp_path, Options(None, None, "en", "es"))
    assert loaded is not None
    units = list(loaded.course.units())
    assert [(unit.title, one.title, len(one.exercises)) for unit in units for one in unit.lessons] == [
        ("Food", "Fruit", 2),
        ("Spanish", "Verbs", 2),
    ]
    first, second, third, fourth = loaded.course.exercises()
    assert first == Exercise(
        key_of(apple.guid), Flashcard("manzana", "es", "en", ("apple",)), image=Image(ref_of(PICTURE)), skills=("red",)
    )
    assert second == Exercise(key_of(pear.guid), Flashcard("pera", "es", "en", ("pear",)))
    assert [each.content for each in (third, fourth)] == [
        Flashcard("[…] de España", "es", "en", ("Soy",), "To be"),
        Flashcard("Soy de [country]", "es", "en", ("España",), "To be"),
    ]
    days = [(card.exercise, card.card, (card.due.date() - datetime.now(UTC).date()).days) for card in loaded.schedule]
    assert [(key, card) for key, card, _ in days] == [(first.key, 0), (second.key, 1)]
    assert [abs(day - wanted) <= 1 for (_, _, day), wanted in zip(days, (5, 7), strict=True)] == [True, True]
    assert sorted(remark.message for remark in report.remarks) == [
        "a card and its reverse became one flashcard",
        "image occlusion (`Image Occlusion`) is not supported; the note was left out",
        "suspended cards are cards like others here",
        "the file `none.mp3` is not in the package; it was left out",
    ]


# ---- there and back


_texts = lines()


@st.composite
def _flashcards(draw: st.DrawFn) -> tuple[Exercise, ...]:
    made = []
    for number in range(draw(st.integers(1, 4))):
        back = draw(distinct(_texts, 1, 3))
        languages = draw(st.sampled_from((("es", "en"), ("en", "es"))))
        card = Flashcard(draw(_texts), *languages, back, draw(st.just("") | _texts))
        hints, words = draw(distinct(_texts, 0, 2)), draw(st.just("") | _texts)
        made.append(
            Exercise(f"{draw(_texts)}{number}", card, hints, words, skills=draw(st.sampled_from(((), ("past",)))))
        )
    return tuple(made)


@given(_flashcards(), _texts)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_decks_come_back_the_same(tmp_path: Path, exercises: tuple[Exercise, ...], title: str) -> None:
    course, report = _deck(*exercises, title=title), Report()
    assert _loaded(anki.write(course, report, {}).body, tmp_path).course == course
    assert not report.remarks


_moments = st.datetimes(datetime(2021, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


@given(
    _moments, st.integers(1, 3_000), st.floats(0.1, 3_000), st.floats(1, 10), st.integers(1, 500), st.integers(0, 20)
)
def test_a_schedule_comes_back_to_the_day(
    last: datetime, days: int, stability: float, difficulty: float, reviews: int, lapses: int
) -> None:
    due = last + timedelta(days=days)
    card = ScheduledCard(
        "key", due, 0, last, float(days), 2.5, round(stability, 4), round(difficulty, 3), reviews, lapses
    )  # fmt: skip
    numbers = scheduling.numbers(card, 1)
    row = Card(1, 1, 1, 0, numbers.type, numbers.queue, numbers.due, numbers.interval, numbers.factor, numbers.reps,
               numbers.lapses, numbers.data)  # fmt: skip
    back = scheduling.scheduled("key", 0, row, Decoded("", scheduling.CREATED, {}, {}, (), (), {}, {}, False))
    assert back is not None
    assert abs(back.due - due) <= timedelta(days=1)
    assert back == ScheduledCard("key", back.due, *(getattr(card, name) for name in card.__struct_fields__[2:]))


@given(st.text(min_size=1, max_size=40), st.integers(0, 3))
def test_keys_and_ids_of_notes_belong_together(guid: str, ordinal: int) -> None:
    if ordinal == 0 and not guid.encode("utf-8", "replace")[100:] and guid.isprintable():
        assert guid_of(key_of(guid)) == guid
    assert key_of(guid, ordinal) != key_of(guid, ordinal + 1)


# ---- what cards are made of


_BASIC = ("Front", "Back", "More")
TEMPLATES: dict[str, tuple[Notetype, tuple[str, ...], tuple[str, str]]] = {
    "conditions": (
        Notetype("", _BASIC, (Template("", "{{Front}}{{#More}} ({{More}}){{/More}}{{^More}}!{{/More}}", "{{Back}}"),)),
        ("a", "b", "<br>"),
        ("a!", "b"),
    ),
    "an answer that is typed": (
        Notetype("", _BASIC, (Template("", "{{Front}} {{type:Back}}", "{{Front}}<hr id=answer>{{type:Back}}"),)),
        ("a", "b"),
        ("a", "b"),
    ),
    "a front that is repeated": (
        Notetype("", _BASIC, (Template("", "{{Front}}", "{{FrontSide}}<hr id='answer'> {{hint:Back}}"),)),
        ("a", "b"),
        ("a", "b"),
    ),
    "no field of this name": (
        Notetype("", _BASIC, (Template("", "{{Frnt}}x", "{{Back}}{{/x}}"),)),
        ("a", "b"),
        ("x", "b"),
    ),
    "a cloze in a cloze": (
        Notetype("", ("Text",), (Template("", "{{cloze:Text}}", "{{cloze:Text}}"),), True),
        ("{{c1::one {{c2::two::t}} three}} {{c1::four}} }}",),
        ("[…] […] }}", "one two three, four"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_says_what_is_on_a_card(name: str) -> None:
    notetype, fields, (front, back) = TEMPLATES[name]
    shown = templates.sides(notetype, dict(zip(notetype.fields, fields, strict=False)), 0)
    assert shown is not None
    assert (shown.front, shown.back) == (front, back)


@given(st.text("{}#^/:c12 aF<>"), st.text("{}#^/:c12 aF<>"))
def test_a_template_never_raises(template: str, field: str) -> None:
    for is_cloze in (False, True):
        templates.sides(Notetype("", ("F",), (Template("", template, template),), is_cloze), {"F": field}, 0)


ENDLESS = [
    ("{{" + " " * 50_000, "x", False),
    ("{{F}}" * 20_000, "x" * 1_000_000, False),
    ("{{#F}}{{/F}}" * 1_000, " " * 1_000_000, False),
    ("{{cloze:F}}" * 5_000, "{{c" + "1," * 40_000 + "1::" + "x" * 10_000 + "}}", True),
]


@pytest.mark.parametrize(("template", "field", "is_cloze"), ENDLESS, ids=["spaces", "fields", "conditions", "numbers"])
def test_a_template_that_would_go_on_for_ever_ends(template: str, field: str, is_cloze: bool) -> None:
    shown = templates.sides(Notetype("", ("F",), (Template("", template, template),), is_cloze), {"F": field}, 0)
    assert shown is not None
    assert max(map(len, (shown.front, shown.back, shown.extra))) <= templates.LONGEST


def test_cards_that_say_more_than_can_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domains.catalog.formats.anki.reading.MOST_SHOWN", 100)

    def change(database: sqlite3.Connection) -> None:
        database.execute("UPDATE notes SET flds = ?", ("front\x1f" + "back " * 30,))

    loaded, report = _read(_with_collection(change), tmp_path)
    assert loaded is None
    assert "all that is on the cards is more than can be read" in str(report.remarks[-1])


def test_a_name_that_no_database_stores_is_told(tmp_path: Path) -> None:
    path = tmp_path / "deck.apkg"
    path.write_bytes(
        _with_collection(
            lambda db: db.execute(r"""UPDATE col SET decks = replace(decks, 'Spanish: first', 'a\\u0000b')""")
        )
    )
    loaded, report = formats.read(path)
    assert loaded is None
    assert [str(remark) for remark in report.of("error")] == ["deck.apkg:1: error: a text has a NUL character"]


def test_what_a_deck_says_of_itself_is_looked_for_once() -> None:
    told = 'Words. <!--lyceum {"slug":"spanish"}--><!--lyceum {}-->'
    assert reading._about(Deck(("a",), told)) == reading.About(slug="spanish")
    assert reading._about(Deck(("a",), "<!--lyceum {" * 100_000)) is None


def test_words_and_exercises_are_cards_once_and_what_has_no_sides_is_told() -> None:
    exercises = (
        Exercise("t", Translate("the cat", "en", "es", ("el gato", "(un) gato"))),
        Exercise("d", Translate("the dog", "en", "es", ("(el) perro",))),
        Exercise("s", Speak("Hola", "es")),
    )
    lesson = Lesson("l", "L", exercises, (Phrase(("el gato",), ("the cat", "cat")),), preview=True)
    course = Course("c", "C", "en", "es", (Section("s", "S", (Unit("u", "U", (lesson,)),)),), level="A1")
    report = Report()
    anki.write(course, report, {})
    assert [(card.exercise.content, card.item) for card in anki.cards(course)] == [
        (Flashcard("el gato", "es", "en", ("the cat", "cat")), "el gato"),
        (Flashcard("el perro", "es", "en", ("the dog",)), "(el) perro"),
    ]
    assert [remark.message for remark in report.remarks] == [
        "`level` of the course cannot be said in Anki and was left out",
        "`preview` of 1 lesson cannot be said in Anki and was left out",
        "the exercise `s` has no two sides: left out",
        "3 exercises are written as cards of what they ask for",
    ]


# ---- bad files


def _with_collection(change: Callable[[sqlite3.Connection], object], name: str = "collection.anki2") -> bytes:
    raw = anki.write(_deck(DOG), Report(), {}).body
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        stored = package.read("collection.anki2")
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(stored)
        change(database)
        database.commit()
        return packed({name: database.serialize(), "media": b"{}"})


_ENDLESS = """
    DROP TABLE revlog;
    CREATE VIEW revlog AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
        SELECT id, 1 AS cid, 1 AS ease FROM n
"""
# Four million letters in each of so many rows.
_FROM_NOTHING = """
    CREATE TABLE more AS SELECT * FROM notes;
    DROP TABLE notes;
    CREATE TABLE notes (id, guid, mid, tags, flds AS (hex(zeroblob(2000000))));
    INSERT INTO notes (id, guid, mid, tags) SELECT id, guid, mid, tags FROM more;
"""
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"front\tback", "deck.apkg:1: error: this is no zip file"),
    "no collection": (lambda: packed({"media": b"{}"}), "deck.apkg:1: error: there is no collection in the package"),
    "no database": (lambda: packed({"collection.anki2": b"SQLite"}), "`collection.anki2` is damaged or of a form"),
    "no table": (lambda: _with_collection(lambda db: db.execute("DROP TABLE notes")), "is damaged or of a form"),
    "no types": (lambda: _with_collection(lambda db: db.execute("UPDATE col SET models = '[1]'")), "is damaged"),
    "no cards": (
        lambda: _with_collection(lambda db: db.execute("DELETE FROM cards")),
        "there is no card with two sides",
    ),
    "no end": (lambda: _with_collection(lambda db: db.executescript(_ENDLESS)), "a view that no Anki makes, `revlog`"),
    "much of nothing": (
        lambda: _with_collection(lambda db: db.executescript(_FROM_NOTHING)),
        "the table `notes` has columns that no Anki makes",
    ),
    "a bad list of files": (
        lambda: packed({"collection.anki2": b"", "media": b"{"}),
        "`collection.anki2` is damaged or of a form that is not understood",
    ),
    "a newer form": (
        lambda: packed({"meta": b"\x08\x09", "collection.anki2": b""}),
        "the package is of a newer Anki; there, export it again to support older versions",
    ),
    "no zstd": (lambda: packed({"collection.anki21b": b"text"}), "`collection.anki21b` is no zstd data"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_package_says_what_is_wrong(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domains.catalog.formats.anki.collection._MOST_TURNS", 3)
    make, message = BAD[name]
    loaded, report = _read(make(), tmp_path)
    assert loaded is None
    assert message in "\n".join(map(str, report.remarks))


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_database_is_read_or_reported_and_never_raises(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(_STORED)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    loaded, report = _read(packed({"collection.anki2": bytes(raw), "media": b"{}"}), tmp_path)
    assert loaded is not None or report.has_errors


with zipfile.ZipFile(io.BytesIO(anki.write(_deck(DOG), Report(), {}).body)) as _package:
    _STORED = _package.read("collection.anki2")


_paths = st.lists(st.sampled_from("ABab"), min_size=1, max_size=5).map(tuple)


@settings(max_examples=30)
@given(st.lists(_paths, min_size=1, max_size=6, unique=True), st.integers(0, 120), st.data())
def test_decks_however_they_are_nested_make_a_course_that_can_be_published(
    paths: list[tuple[str, ...]], more: int, data: st.DataObject
) -> None:
    decks = {number: Deck(path) for number, path in enumerate(paths, 1)}
    kept = {number: deck for number, deck in decks.items() if number == 1 or data.draw(st.booleans())}
    notes = tuple(Note(number, f"g{number}", 1, (), (f"front {number}", "back")) for number in range(len(decks) + more))
    cards = tuple(Card(note.id, note.id, note.id % len(decks) + 1, 0, 0, 0, note.id, 0, 0, 0, 0, "") for note in notes)
    basic = Notetype("Basic", ("Front", "Back"), (Template("", "{{Front}}", "{{Back}}"),))
    found = Decoded("collection.anki2", 0, {1: basic}, kept, notes, cards, {}, {}, False)
    with zipfile.ZipFile(io.BytesIO(packed({}))) as empty:
        loaded = course_of(found, Archive(empty), Report(), Options(), "stem")
    assert loaded is not None
    assert not list(problems(loaded.course))
    assert len(list(loaded.course.exercises())) == len(notes)
