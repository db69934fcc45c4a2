"""What stands in a package of Anki, old (`collection.anki2`, `.anki21`) or new (`.anki21b`), in one shape.

The database of a stranger is opened in memory. It must be nothing but tables: views and generated columns make any
amount out of nothing. Of a damaged one no more is taken than it has bytes, in the order in which it stands there, since
sorting would take all before the first; and there is an end to how long a query may take. What is damaged raises
CollectionRefused with a phrase, and nothing else is ever raised.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

from domains.catalog.formats.anki import protobuf
from domains.catalog.formats.archive import Archive

FILES = ("collection.anki21b", "collection.anki21", "collection.anki2")
"""Newest first: newer packages hold an older file that only asks for a newer Anki."""
NEWEST = 3
SECONDS_OF_A_DAY = 86_400

_DAMAGED = (
    sqlite3.Error,
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    AttributeError,
    RecursionError,
    StopIteration,
)
_STEPS = 1_000_000
_MOST_TURNS = 500
_LONGEST_VALUE = 4_000_000
_LONGEST_LIST = 1_000_000
"""Bytes of the list of files."""
MOST_CARDS = 100_000


class CollectionRefused(Exception):
    """Says why, as a phrase for the report."""


class Template(Struct, frozen=True):
    name: str
    question: str
    answer: str


class Notetype(Struct, frozen=True):
    name: str
    fields: tuple[str, ...]
    templates: tuple[Template, ...]
    is_cloze: bool = False


class Note(Struct, frozen=True):
    id: int
    guid: str
    notetype: int
    tags: tuple[str, ...]
    fields: tuple[str, ...]


class Deck(Struct, frozen=True):
    path: tuple[str, ...]
    description: str = ""


class Card(Struct, frozen=True, array_like=True):
    """Numbers as Anki keeps them."""

    id: int
    note: int
    deck: int
    ord: int
    type: int
    queue: int
    due: int
    interval: int
    factor: int
    reps: int
    lapses: int
    data: str


class Collection(Struct, frozen=True):
    file: str
    created: int
    """Seconds; the first of its days, from which days are counted."""
    notetypes: Mapping[int, Notetype]
    decks: Mapping[int, Deck]
    notes: tuple[Note, ...]
    cards: tuple[Card, ...]
    last_reviews: Mapping[int, int]
    """By card, in milliseconds."""
    media: Mapping[str, str]
    """Names in the archive by names in the cards."""
    packs_media: bool
    """Whether the files are packed by zstd themselves."""


def read(archive: Archive) -> Collection:
    """Raises ArchiveRefused and CollectionRefused."""
    file = next((name for name in FILES if name in archive), None)
    if file is None:
        raise CollectionRefused("there is no collection in the package")
    is_new = file == FILES[0]
    try:
        if "meta" in archive and protobuf.first_number(archive.read("meta", 10_000), 1) > NEWEST:
            raise CollectionRefused("the package is of a newer Anki; there, export it again to support older versions")
        media = _new_media(archive) if is_new else _old_media(archive)
        raw = archive.read_zstd(file) if is_new else archive.read(file)
        with _database(raw) as database:
            return _collection(_Tables(database, len(raw)), file, is_new, media)
    except _DAMAGED as error:
        raise CollectionRefused(f"`{file}` is damaged or of a form that is not understood") from error


@contextmanager
def _database(raw: bytes) -> Iterator[sqlite3.Connection]:
    # A database in write-ahead mode cannot be opened from memory; without its log it is an ordinary one.
    if raw[18:20] == b"\x02\x02":
        raw = raw[:18] + b"\x01\x01" + raw[20:]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        turns = iter(range(_MOST_TURNS))
        database.set_progress_handler(lambda: next(turns, None) is None, _STEPS)
        database.text_factory = lambda text: text.decode("utf-8", "replace")
        database.create_collation("unicase", _unicase)
        database.deserialize(raw)
        for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
            database.execute(f"PRAGMA {setting}")
        yield database


def _unicase(one: str, other: str) -> int:
    left, right = one.casefold(), other.casefold()
    return (left > right) - (left < right)


class _Tables:
    """Rows of a database that has nothing but tables."""

    def __init__(self, database: sqlite3.Connection, size: int) -> None:
        self._database = database
        self._left = size
        for kind, name, sql in database.execute("SELECT type, name, sql FROM sqlite_schema"):
            if kind not in {"table", "index"} or str(sql or "").upper().startswith("CREATE VIRTUAL"):
                raise CollectionRefused(f"the collection has a {kind} that no Anki makes, `{str(name)[:40]}`")
            columns = database.execute("SELECT max(hidden) FROM pragma_table_xinfo(?)", (name,)).fetchone()
            if kind == "table" and columns[0]:
                raise CollectionRefused(f"the table `{str(name)[:40]}` has columns that no Anki makes")

    def rows(self, columns: str, table: str) -> Iterator[tuple[Any, ...]]:
        """As they are stored. Every row has a byte at least."""
        for row in self._database.execute(f"SELECT {columns} FROM {table}"):  # noqa: S608 - names of ours
            self._left -= 1 + sum(len(value) for value in row if isinstance(value, str | bytes))
            if self._left < 0:
                raise CollectionRefused("the collection says more than it holds")
            yield row


def _collection(tables: _Tables, file: str, is_new: bool, media: Mapping[str, str]) -> Collection:
    created, models, decks = next(tables.rows("crt, models, decks", "col"))
    notes = [
        Note(int(id_), str(guid), int(mid), tuple(str(tags).split()), tuple(str(fields).split("\x1f")))
        for id_, guid, mid, tags, fields in tables.rows("id, guid, mid, tags, flds", "notes")
    ]
    # A card that is away in a filtered deck belongs where it came from.
    found = tables.rows(
        """id, nid, CASE WHEN odid THEN odid ELSE did END, ord, type, queue,
        CASE WHEN odid AND odue THEN odue ELSE due END, ivl, factor, reps, lapses, data""",
        "cards",
    )
    cards = [msgspec.convert([*map(int, row[:-1]), str(row[-1] or "")], Card) for row in islice(found, MOST_CARDS + 1)]
    if len(cards) > MOST_CARDS:
        raise CollectionRefused(f"the collection has more than {MOST_CARDS:,} cards")
    last_reviews: dict[int, int] = {}
    for card, at, ease in tables.rows("cid, id, ease", "revlog"):
        if int(ease) > 0:
            last_reviews[int(card)] = max(int(at), last_reviews.get(int(card), 0))
    return Collection(
        file=file,
        created=int(created),
        notetypes=_new_notetypes(tables) if is_new else _old_notetypes(models),
        decks=_new_decks(tables) if is_new else _old_decks(decks),
        notes=tuple(sorted(notes, key=lambda note: note.id)),
        cards=tuple(sorted(cards, key=lambda card: (card.note, card.ord))),
        last_reviews=last_reviews,
        media=media,
        packs_media=is_new,
    )


def _old_notetypes(models: str) -> dict[int, Notetype]:
    found = {}
    for key, model in _object(models).items():
        templates = tuple(
            Template(str(one["name"]), str(one["qfmt"]), str(one["afmt"]))
            for one in sorted(model["tmpls"], key=_ordinal)
        )
        fields = tuple(str(one["name"]) for one in sorted(model["flds"], key=_ordinal))
        found[int(key)] = Notetype(str(model["name"]), fields, templates, model.get("type") == 1)
    return found


def _ordinal(one: Mapping[str, Any]) -> int:
    return int(one.get("ord") or 0)


def _old_decks(decks: str) -> dict[int, Deck]:
    return {
        int(key): Deck(_path(str(deck["name"]), "::"), str(deck.get("desc") or ""))
        for key, deck in _object(decks).items()
    }


def _new_notetypes(tables: _Tables) -> dict[int, Notetype]:
    fields = _grouped(tables.rows("ord, ntid, name", "fields"))
    templates = _grouped(tables.rows("ord, ntid, name, config", "templates"))
    return {
        int(id_): Notetype(
            name,
            tuple(str(name) for (name,) in fields.get(id_, ())),
            tuple(
                Template(str(title), protobuf.first_text(bytes(form), 1), protobuf.first_text(bytes(form), 2))
                for title, form in templates.get(id_, ())
            ),
            protobuf.first_number(bytes(config), 1) == 1,
        )
        for id_, name, config in tables.rows("id, name, config", "notetypes")
    }


def _new_decks(tables: _Tables) -> dict[int, Deck]:
    found = {}
    for id_, name, kind in tables.rows("id, name, kind", "decks"):
        normal = next((value for number, value in protobuf.fields(bytes(kind)) if number == 1), b"")
        description = protobuf.first_text(normal, 4) if isinstance(normal, bytes) else ""
        found[int(id_)] = Deck(_path(str(name), "\x1f"), description)
    return found


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """By the second value, in the order of the first."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for _, key, *rest in sorted(rows, key=lambda row: int(row[0])):
        found.setdefault(key, []).append(tuple(rest))
    return found


def _path(name: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() or "…" for part in name.split(separator))


def _old_media(archive: Archive) -> dict[str, str]:
    if "media" not in archive:
        return {}
    return {str(name): str(entry) for entry, name in _object(archive.read("media", _LONGEST_LIST)).items()}


def _new_media(archive: Archive) -> dict[str, str]:
    """The place in the list is the name in the archive, unless the entry says another."""
    if "media" not in archive:
        return {}
    found = {}
    place = 0
    for number, entry in protobuf.fields(archive.read_zstd("media", _LONGEST_LIST)):
        if number == 1 and isinstance(entry, bytes):
            inside = protobuf.first_number(entry, 255) or place
            found[protobuf.first_text(entry, 1)] = str(inside)
            place += 1
    return found


def _object(raw: str | bytes) -> dict[str, Any]:
    return msgspec.json.decode(raw, type=dict[str, Any])
