"""The front door of gamification."""

from domains.gamification.schemas import Board, BoardEntry
from domains.gamification.service.boards import Boards
from domains.gamification.service.ledger import check_ledger, rebuild_boards
from domains.gamification.service.rewards import complete_session

__all__ = ["Board", "BoardEntry", "Boards", "check_ledger", "complete_session", "rebuild_boards"]
