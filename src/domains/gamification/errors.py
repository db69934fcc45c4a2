"""Situations of gamification."""

from domains.kernel.errors import Conflict, Invalid, NotFound, Unavailable


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


class BadMonth(Invalid):
    code = "gamification.bad_month"
    title = "A month is written as 2026-11"


class NoFriendStreak(NotFound):
    code = "gamification.no_friend_streak"
    title = "You keep no streak with this person, and were not asked to"


class NotFriends(NotFound):
    code = "gamification.not_friends"
    title = "Streaks are kept with friends"


class TooManyFriendStreaks(Conflict):
    code = "gamification.too_many_friend_streaks"
    title = "One of you keeps as many streaks with friends as one can"
