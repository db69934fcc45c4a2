"""What a demo counts and times. Invariant: a time is taken only of what went through at the first try, so that a
server that was away shows in errors and reconnects and does not blur how quick it is."""

import time
from collections import Counter

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """`count` measured times, in milliseconds; null where there are none."""

    count: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None


def spread(times_s: list[float]) -> Spread:
    if not times_s:
        return Spread(0, None, None, None)
    ordered = sorted(times_s)

    def at(share: float) -> float:
        return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000, 1)

    return Spread(len(ordered), at(0.5), at(0.99), at(1.0))


class Summary(msgspec.Struct, frozen=True):
    url: str
    learners: int
    seconds: float
    """From the first registration to the end."""
    answers: int
    answers_per_s: float
    """While all learners were there."""
    correct_share: float
    lessons_completed: int
    answer: Spread
    """From sending an answer to its grade."""
    answer_to_push: Spread
    """From sending an answer to `progress.changed` on the own socket."""
    completion_to_board: Spread
    """From completing a lesson to `league.changed` on the sockets of others in the league."""
    errors: dict[str, int]
    repeated: int
    """Calls that were answered only when they were made again."""
    reconnects: int
    resumed: int
    truncated: int
    gaps: int
    """Frames missing on a learner's own stream, or seen twice. Anything but 0 is a defect."""
    pushes_missing: int
    """Acknowledged answers whose push had not come when the demo ended; lost sockets and truncated streams aside."""


class Measures:
    """Shared by all learners of a demo; one event loop, no locks."""

    def __init__(self, learners: int) -> None:
        self.learners = learners
        self.started_at = time.perf_counter()
        self.everybody_at: float | None = None
        self.ended_at: float | None = None
        self.answers_before_everybody = 0
        self.answers = 0
        self.correct = 0
        self.completed = 0
        self.repeated = 0
        self.registered = 0
        self.connected = 0
        self.reconnects = 0
        self.resumed = 0
        self.truncated = 0
        self.gaps = 0
        self.pushes_missing = 0
        self.errors: Counter[str] = Counter()
        self.answer_s: list[float] = []
        self.push_s: list[float] = []
        self.board_s: list[float] = []
        self._waiting: dict[str, tuple[int, float]] = {}

    def error(self, code: str) -> None:
        self.errors[code] += 1

    def arrived(self) -> None:
        self.registered += 1
        if self.registered == self.learners:
            self.everybody_at = time.perf_counter()
            self.answers_before_everybody = self.answers

    def answered(self, *, correct: bool, took_s: float, first_try: bool) -> None:
        self.answers += 1
        self.correct += correct
        if first_try:
            self.answer_s.append(took_s)
        else:
            self.repeated += 1

    def completing(self, user_id: str, xp_before: int) -> None:
        """From now on a board that shows this learner with more than `xp_before` shows this completion."""
        self._waiting[user_id] = (xp_before, time.perf_counter())

    def not_timed(self, user_id: str) -> None:
        self._waiting.pop(user_id, None)

    def board_showed(self, user_id: str, xp_known: int, xp: int) -> None:
        """A watcher that knew `xp_known` of this learner was told `xp`."""
        waiting = self._waiting.get(user_id)
        if waiting is not None and xp_known <= waiting[0] < xp:
            self.board_s.append(time.perf_counter() - waiting[1])

    def end(self) -> None:
        self.ended_at = time.perf_counter()

    @property
    def _now(self) -> float:
        return self.ended_at or time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        return self._now - self.started_at

    @property
    def answers_per_s(self) -> float:
        if self.everybody_at is None:
            return self.answers / max(self.elapsed_s, 0.001)
        return (self.answers - self.answers_before_everybody) / max(self._now - self.everybody_at, 0.001)

    def summary(self, url: str) -> Summary:
        return Summary(
            url=url,
            learners=self.registered,
            seconds=round(self.elapsed_s, 1),
            answers=self.answers,
            answers_per_s=round(self.answers_per_s, 2),
            correct_share=round(self.correct / self.answers, 3) if self.answers else 0.0,
            lessons_completed=self.completed,
            answer=spread(self.answer_s),
            answer_to_push=spread(self.push_s),
            completion_to_board=spread(self.board_s),
            errors=dict(self.errors.most_common()),
            repeated=self.repeated,
            reconnects=self.reconnects,
            resumed=self.resumed,
            truncated=self.truncated,
            gaps=self.gaps,
            pushes_missing=self.pushes_missing,
        )
