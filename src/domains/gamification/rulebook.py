"""Prices, quests and achievements out of YAML: what the package brings, and an operator's own files.

Invariant: what was read is valid as a whole, so a mistake in a file stops the start and never a purchase.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from domains.gamification.policy.achievements import Achievements, BadAchievements, achievements_of
from domains.gamification.policy.quests import QuestBook
from domains.gamification.policy.shop import PriceList
from domains.kernel.documents import BadDocument, read_document

T = TypeVar("T")

_DATA = Path(__file__).parent / "data"
_ACHIEVEMENTS = _DATA / "achievements.yaml"


class BadRules(Exception):
    """One line that says what is wrong with an operator's file."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(reason)
        self.setting = setting
        """By its name in lower case."""


def packaged(name: str, kind: type[T]) -> T:
    return msgspec.convert(read_document(_DATA / name), kind)


def achievements(own: Path | None = None) -> Achievements:
    """Those of the package, with what an operator's file makes of them. Raises BadRules."""
    try:
        return achievements_of(*(read_document(file) for file in (_ACHIEVEMENTS, own) if file is not None))
    except BadDocument as error:
        raise BadRules("achievements_file", str(error)) from None
    except BadAchievements as error:
        raise BadRules("achievements_file", f"{own}: {'; '.join(str(error).splitlines())}") from None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What gems buy, what earns them, and what there is to achieve."""

    shop: PriceList = field(default_factory=lambda: packaged("shop.yaml", PriceList))
    quests: QuestBook = field(default_factory=lambda: packaged("quests.yaml", QuestBook))
    achievements: Achievements = field(default_factory=achievements)


def rulebook(*, shop_file: str = "", quests_file: str = "", achievements_file: str = "") -> Rulebook:
    """With an operator's files, where they are named. Raises BadRules."""
    default = Rulebook()
    return Rulebook(
        _own("shop_file", shop_file, PriceList, default.shop.with_changes, default.shop),
        _own("quests_file", quests_file, QuestBook, lambda own: own, default.quests),
        achievements(Path(achievements_file)) if achievements_file else default.achievements,
    )


def _own(setting: str, file: str, kind: type[T], joined: Callable[[T], T], default: T) -> T:
    if not file:
        return default
    try:
        return joined(msgspec.convert(read_document(Path(file)), kind))
    except BadDocument as error:
        raise BadRules(setting, str(error)) from None
    except msgspec.ValidationError as error:
        raise BadRules(setting, f"{file}: {error}") from None
