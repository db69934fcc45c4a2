"""Situations of gamification."""

from domains.kernel.errors import Conflict, Invalid, NotFound, Unavailable


class BadDays(Invalid):
    code = "gamification.bad_days"
    title = "Ask for 1 to 366 days, the first before the last"


class NoLeague(NotFound):
    code = "gamification.no_league"
    title = "No league this week yet: the first XP of the week enters one"


class LeagueNotFound(NotFound):
    code = "gamification.league_not_found"
    title = "No such league"


class NoBoard(NotFound):
    code = "gamification.no_board"
    title = "No such board, or none of yours"


class BoardsUnavailable(Unavailable):
    code = "gamification.boards_unavailable"
    title = "Redis does not answer"


class NothingToCorrect(NotFound):
    code = "gamification.nothing_to_correct"
    title = "Nobody with XP has this id"


class BelowNothing(Conflict):
    code = "gamification.below_nothing"
    title = "That is more XP than there is"


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


class AlreadyYours(Conflict):
    code = "gamification.already_yours"
    title = "You have this already"


class NotYours(NotFound):
    code = "gamification.not_yours"
    title = "You have no such thing to wear"


class NothingToBuy(Conflict):
    code = "gamification.nothing_to_buy"
    title = "It would change nothing now"


class NotForSale(NotFound):
    code = "gamification.not_for_sale"
    title = "The shop has no such thing"


class QuestNotFound(NotFound):
    code = "gamification.quest_not_found"
    title = "You have no such quest, or its time is over"


class QuestNotDone(Conflict):
    code = "gamification.quest_not_done"
    title = "The quest is not done yet"


class NoFriendOfYours(NotFound):
    code = "gamification.no_friend_of_yours"
    title = "Quests are shared with friends"


class FriendQuestRunning(Conflict):
    code = "gamification.friend_quest_running"
    title = "One of you does a quest with a friend already"


class TooManyInvitations(Conflict):
    code = "gamification.too_many_invitations"
    title = "Enough of your invitations wait for an answer"
