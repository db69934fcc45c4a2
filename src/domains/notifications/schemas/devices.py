"""Devices over the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domains.kernel.wire import In, Out

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class WebPushKeyOut(Out, frozen=True):
    """`public_key`: what `pushManager.subscribe` wants as `applicationServerKey`, base64url."""

    public_key: str


class SubscriptionKeysIn(In, frozen=True):
    p256dh: Key
    auth: Key


class SubscriptionIn(In, frozen=True, rename={"expiration_time": "expirationTime"}):
    """A `PushSubscription` as the browser's own `toJSON()` gives it, and a name for it, if wished."""

    endpoint: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    keys: SubscriptionKeysIn
    expiration_time: float | None = None
    """What the browser says of it; whether it has ended is seen when it is used."""
    device: Annotated[str, msgspec.Meta(max_length=80)] = ""


class MobileDeviceIn(In, frozen=True):
    """`token`: FCM's registration token."""

    token: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_:.%-]{16,2048}\Z")]
    platform: Literal["android", "ios"]


class DeviceOut(Out, frozen=True):
    """`name` is empty for phones."""

    id: UUID
    kind: Literal["browser", "android", "ios"]
    name: str
    created_at: datetime
    seen_at: datetime
    """When it last said that it is still there."""


class DevicesOut(Out, frozen=True):
    """Those seen last first; 20 at most."""

    items: list[DeviceOut]
