"""Telling people of what was done to their account, so that a stranger who does it is noticed."""

from uuid import UUID

from domains.identity.events import SecurityNoticed
from domains.identity.policy.actions import TOLD, Action
from domains.kernel.uow import UnitOfWork


def tell(uow: UnitOfWork, user_id: UUID, what: Action) -> None:
    """By every channel that a security notice takes, once this commits. One of `TOLD`."""
    assert what in TOLD
    uow.record(SecurityNoticed(user_id=user_id, what=what))
