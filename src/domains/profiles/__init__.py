"""What people tell of themselves, how they want to learn, and what is between them.

Owns handle, bio, visibility and preferences; friends, requests, follows, blocks and reports; the feed of friends and
its kudos. Does not own name, locale and time zone (identity: changed here through its front door), nor
pictures (media: the hash of one's own stands here).

Decision: what goes into the feed is pushed down (`api.share`) by the domain that made it happen, in its transaction.
Context: profiles stands below learning, and cannot react to its facts; a feed at the top of the house could, but
friendship and privacy, which decide what is shown, would then be looked up across domains on every page.
Consequence: a row names its course and lesson by id, and costs one statement, which writes nothing for people whom
nobody looks at.

Decision: a profile is visible to friends until its owner says otherwise. Consequence: nobody's learning is public by
default, and name and handle are enough to ask.
"""

from domains.kernel.domain import Domain
from domains.profiles.controllers.feed import FeedController
from domains.profiles.controllers.friends import BlocksController, FriendsController
from domains.profiles.controllers.own import OwnProfileController
from domains.profiles.controllers.people import FollowsController, PeopleController
from domains.profiles.controllers.reports import ReportsController
from domains.profiles.events import FriendRequested, FriendsMade, KudosGiven, PreferencesChanged
from domains.profiles.handlers import SUBSCRIPTIONS
from domains.profiles.jobs import JOBS
from domains.profiles.repository.rights import PERSONAL_DATA

DOMAIN = Domain(
    "profiles",
    routes=[
        OwnProfileController,
        PeopleController,
        FollowsController,
        FriendsController,
        BlocksController,
        FeedController,
        ReportsController,
    ],
    events=[FriendRequested, FriendsMade, KudosGiven, PreferencesChanged],
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    personal_data=PERSONAL_DATA,
)
