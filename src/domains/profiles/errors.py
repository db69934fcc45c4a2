"""Situations of profiles. Somebody who is private, closed, blocked or blocking is not there, like anybody unknown."""

from domains.kernel.errors import Conflict, Invalid, NotFound, TooMany


class BadProfileField(Invalid):
    """A field of the request is not acceptable; the member `field` names it."""

    code = "profiles.bad_field"
    title = "A field is not acceptable"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, field=field)


class HandleReserved(Conflict):
    code = "profiles.handle_reserved"
    title = "This handle could be mistaken for that of the people who run this site"


class HandleTaken(Conflict):
    code = "profiles.handle_taken"
    title = "Somebody has this handle, or had it in the last 90 days"


class HandleTooSoon(Conflict):
    """The member `changeable_at` says from when on."""

    code = "profiles.handle_too_soon"
    title = "A handle can be changed every 14 days"


class PersonNotFound(NotFound):
    code = "profiles.person_not_found"
    title = "There is no such person"


class Yourself(Invalid):
    code = "profiles.yourself"
    title = "That is you"


class ProfileHidden(Conflict):
    code = "profiles.hidden"
    title = "Your own profile is private: open it to friends first"


class NotPublic(Conflict):
    code = "profiles.not_public"
    title = "Only public profiles can be followed; ask to be friends"


class RequestNotFound(NotFound):
    code = "profiles.request_not_found"
    title = "There is no such friend request"


class NoRoom(Conflict):
    """The members `of` and `limit` say of what there can be no more, and how many there are."""

    code = "profiles.no_room"
    title = "There is no room for more"

    def __init__(self, of: str, limit: int) -> None:
        super().__init__(f"There is room for {limit} {of}", of=of, limit=limit)


class TooManyReports(TooMany):
    code = "profiles.too_many_reports"
    title = "Too many reports in a day; try again later"


class ActivityNotFound(NotFound):
    code = "profiles.activity_not_found"
    title = "There is no such activity"


class ReportNotFound(NotFound):
    code = "profiles.report_not_found"
    title = "There is no such report"


class ReportClosed(Conflict):
    code = "profiles.report_closed"
    title = "This report was closed"
