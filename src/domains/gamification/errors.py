"""Situations of gamification."""

from domains.kernel.errors import Conflict, NotFound, Unavailable


class NoLeague(NotFound):
    code = "gamification.no_league"
    title = "No league this week yet: the first XP of the week enters one"


class LeagueNotFound(NotFound):
    code = "gamification.league_not_found"
    title = "No such league"


class BoardsUnavailable(Unavailable):
    code = "gamification.boards_unavailable"
    title = "Redis does not answer"


class NotEnoughGems(Conflict):
    code = "gamification.not_enough_gems"
    title = "You have not got that many gems"
