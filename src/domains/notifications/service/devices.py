"""Where somebody can be pushed to. Invariant: an address has one owner, the last who came with it, and nobody has more
than `MOST_DEVICES`: the one not seen for longest makes room."""

from uuid import UUID

from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.channels.port import Senders
from domains.notifications.channels.web_push_crypto import BadKey, checked, decoded
from domains.notifications.errors import BadSubscription, DeviceNotFound, WebPushNotOffered
from domains.notifications.policy.browsers import browser_name
from domains.notifications.repository import devices as repository
from domains.notifications.repository.devices import DeviceRecord
from domains.notifications.schemas.devices import MobileDeviceIn, SubscriptionIn

MOST_DEVICES = 20


async def web_push_key(db: Database) -> str:
    """Raises WebPushNotOffered."""
    sender = db.port(Senders).web_push
    if sender is None:
        raise WebPushNotOffered
    return await sender.public_key()


async def subscribe(uow: UnitOfWork, user_id: UUID, subscription: SubscriptionIn, user_agent: str) -> DeviceRecord:
    """Again with the same endpoint renews it. Raises BadSubscription, WebPushNotOffered."""
    sender = uow.db.port(Senders).web_push
    if sender is None:
        raise WebPushNotOffered
    if not sender.takes(subscription.endpoint):
        raise BadSubscription("endpoint is not the https address of a push service")
    try:
        p256dh, auth = decoded(subscription.keys.p256dh), decoded(subscription.keys.auth)
        checked(p256dh, auth)
    except BadKey as error:
        raise BadSubscription(f"keys: {error}") from error
    await repository.lock(uow.session, user_id)
    saved = await repository.save_browser(
        uow.session,
        user_id,
        endpoint=subscription.endpoint,
        p256dh=p256dh,
        auth=auth,
        device=" ".join(subscription.device.split()) or browser_name(user_agent),
    )
    await repository.make_room(uow.session, user_id, MOST_DEVICES)
    return saved


async def register_phone(uow: UnitOfWork, user_id: UUID, device: MobileDeviceIn) -> DeviceRecord:
    """Again with the same token renews it."""
    await repository.lock(uow.session, user_id)
    saved = await repository.save_phone(uow.session, user_id, token=device.token, platform=device.platform)
    await repository.make_room(uow.session, user_id, MOST_DEVICES)
    return saved


async def remove(uow: UnitOfWork, user_id: UUID, device_id: UUID) -> None:
    """Raises DeviceNotFound, also for somebody else's."""
    if not await repository.remove(uow.session, user_id, device_id):
        raise DeviceNotFound


async def mine(db: Database, user_id: UUID) -> list[DeviceRecord]:
    return await repository.devices(db, user_id)
