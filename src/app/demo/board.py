"""A league's board as one watcher knows it: put together from nothing but the frames that came."""

import msgspec


class Line(msgspec.Struct, frozen=True):
    rank: int
    user_id: str
    name: str
    xp: int
    zone: str = ""


class Frame(msgspec.Struct, frozen=True):
    league_id: str
    version: int
    entries: list[Line]


class Board:
    """`lines` by learner; values are absolute, so a frame simply replaces what it speaks of."""

    def __init__(self) -> None:
        self.league_id = ""
        self.version = 0
        self.frames = 0
        self.lines: dict[str, Line] = {}

    def show(self, frame: Frame, *, whole: bool) -> list[tuple[Line, int]]:
        """Takes the frame in, and returns each line that it brought with the XP known before."""
        before = {} if frame.league_id != self.league_id else self.lines
        brought = [(line, before[line.user_id].xp if line.user_id in before else 0) for line in frame.entries]
        kept = {} if whole else before
        self.lines = kept | {line.user_id: line for line in frame.entries}
        self.league_id, self.version = frame.league_id, frame.version
        self.frames += 1
        return brought

    def standings(self) -> list[Line]:
        return sorted(self.lines.values(), key=lambda line: line.rank)
