"""A journal of what a server acknowledged, one JSON line each. Invariant: a line is on its way to the disk before the
learner goes on, so whatever the server may forget, the journal knows that it was promised."""

from pathlib import Path
from typing import TextIO

import msgspec


class AnswerAcknowledged(msgspec.Struct, frozen=True, tag="answer", tag_field="what"):
    session_id: str
    exercise_id: str
    key: str
    verdict: str


class CompletionAcknowledged(msgspec.Struct, frozen=True, tag="completion", tag_field="what"):
    session_id: str
    user_id: str
    xp_earned: int
    xp_total: int


Entry = AnswerAcknowledged | CompletionAcknowledged


class Journal:
    """Appends to `path`; without one, forgets."""

    def __init__(self, path: Path | None) -> None:
        self._file: TextIO | None = None if path is None else path.open("a", encoding="utf-8")

    def note(self, entry: Entry) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(entry).decode() + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def entries(path: Path) -> list[Entry]:
    """All entries of a journal; a last line that was cut off in the middle counts as not written.

    Raises ValueError naming the line that is none of ours.
    """
    lines = path.read_bytes().split(b"\n")
    found: list[Entry] = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            found.append(msgspec.json.decode(line, type=Entry))
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path}:{number}: {error}") from None
    return found
