"""The order in which chosen exercises are asked.

Invariant: no phrase comes twice running where any order avoids it that introduces new phrases as the author does.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from domains.learning.policy.outline import Drill


def arranged(wish: Sequence[Drill], new: Iterable[UUID] = ()) -> list[Drill]:
    """All of `wish`, as near to its order as the rule lets it. `new`: phrases in the order in which they are
    introduced; each of them is first asked after those before it."""
    order = _Order(wish, new)
    while order.waiting:
        order.take(order.following())
    return order.found


class _Order:
    def __init__(self, wish: Sequence[Drill], new: Iterable[UUID]) -> None:
        self.waiting = list(wish)
        self.found: list[Drill] = []
        self._counts = Counter(drill.phrase for drill in wish)
        self._ahead = deque(phrase for phrase in dict.fromkeys(new) if phrase in self._counts)
        self._unknown = set(self._ahead)
        # Counts only fall, so nothing is crowded while even the highest seen last is not.
        self._highest = max(self._counts.values(), default=0)

    def take(self, drill: Drill) -> None:
        self.waiting.remove(drill)
        self.found.append(drill)
        self._counts[drill.phrase] -= 1
        if drill.phrase in self._unknown:
            self._unknown.discard(drill.phrase)
            self._ahead.popleft()

    def following(self) -> Drill:
        """The first that leaves room for the rest; rather one that shares no word with the last."""
        last = self.found[-1] if self.found else None
        shared: Collection[UUID] = last.items if last else ()
        second_best: Drill | None = None
        looked_at: set[UUID] = set()
        for drill in self.waiting:
            phrase = drill.phrase
            # Of a phrase only the first: its kinds come in the order of the wish.
            if (last and phrase == last.phrase) or phrase in looked_at or not self._may_come(phrase):
                continue
            looked_at.add(phrase)
            if not self._leaves_room(phrase):
                continue
            if not any(item in shared for item in drill.items):
                return drill
            second_best = second_best or drill
        return second_best or self._most_pressing(last)

    def _may_come(self, phrase: UUID) -> bool:
        return phrase not in self._unknown or phrase == self._ahead[0]

    def _leaves_room(self, phrase: UUID) -> bool:
        """Whether the rest can still be asked without a phrase twice running once this one has been asked: of `rest`
        places, a phrase fits into every other one, from where it may come first."""
        rest = len(self.waiting) - 1
        if 2 * self._highest <= rest - len(self._ahead):
            return True
        self._highest = max(self._counts.values())
        places = {unknown: place for place, unknown in enumerate(u for u in self._ahead if u != phrase)}
        for other, count in self._counts.items():
            count -= other == phrase
            if count <= 0:
                continue
            start = 1 if other == phrase else places.get(other, 0)
            if count > (rest - start + 1) // 2:
                return False
        return True

    def _most_pressing(self, last: Drill | None) -> Drill:
        """Where a phrase comes twice running in any case: of the one with most to ask, lest it pile up."""
        may = [drill for drill in self.waiting if self._may_come(drill.phrase)]
        others = [drill for drill in may if last is None or drill.phrase != last.phrase]
        return max(others or may, key=lambda drill: self._counts[drill.phrase])
