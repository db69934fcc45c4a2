"""The front door of identity: who is calling, what people are called, and where it is which day for them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from domains.identity.policy.actions import Action
from domains.identity.policy.fields import Role, checked_email, checked_locale, checked_name, checked_text
from domains.identity.policy.limits import address_subject
from domains.identity.policy.permissions import STAFF, Permission, Scope, ScopeKind
from domains.identity.policy.rights import GRACE as DELETION_GRACE
from domains.identity.providers.openid.setup import BadProviders, OpenIdProviders, providers_of
from domains.identity.providers.passkeys import RelyingParty
from domains.identity.repository import accounts as repository
from domains.identity.repository import people as people_repository
from domains.identity.repository import rights as rights_repository
from domains.identity.repository import tries
from domains.identity.repository.accounts import Account, Contact
from domains.identity.repository.api_keys import Held as ApiKeyHeld
from domains.identity.repository.people import Details, Person
from domains.identity.repository.rights import Farewell
from domains.identity.service.accounts import create_user
from domains.identity.service.api_keys import is_api_key
from domains.identity.service.audit import record as record_action
from domains.identity.service.authenticator import Authenticator, Principal
from domains.identity.service.codes import IssuedCode, issue_code
from domains.identity.service.deletion import erase, schedule
from domains.identity.service.exports import Holdings
from domains.identity.service.imports import COLUMNS as IMPORT_COLUMNS
from domains.identity.service.imports import Outcome as ImportOutcome
from domains.identity.service.imports import import_people
from domains.identity.service.keys import KeyShown, ensure_key, rotate_keys, signing_keys
from domains.identity.service.mailbox import offer_verification
from domains.identity.service.people import describe
from domains.identity.service.roles import Rights, change_roles, may, rights
from domains.identity.service.sessions import revoke_session
from domains.identity.service.tickets import is_ticket, redeem_ticket
from domains.kernel.uow import Database, UnitOfWork

__all__ = [
    "DELETION_GRACE",
    "IMPORT_COLUMNS",
    "STAFF",
    "Account",
    "Action",
    "ApiKeyHeld",
    "Authenticator",
    "BadProviders",
    "Contact",
    "Details",
    "Farewell",
    "Holdings",
    "ImportOutcome",
    "IssuedCode",
    "KeyShown",
    "OpenIdProviders",
    "Permission",
    "Person",
    "Principal",
    "RelyingParty",
    "Rights",
    "Role",
    "Scope",
    "ScopeKind",
    "address_subject",
    "change_roles",
    "checked_email",
    "checked_locale",
    "checked_name",
    "checked_text",
    "confirmed_address",
    "contact",
    "contacts",
    "count_members",
    "count_try",
    "create_user",
    "describe",
    "details",
    "ensure_key",
    "erase",
    "farewell",
    "forget_farewell",
    "id_of_email",
    "import_people",
    "is_api_key",
    "is_ticket",
    "issue_code",
    "may",
    "members",
    "names",
    "offer_verification",
    "people",
    "providers_of",
    "record_action",
    "redeem_ticket",
    "return_try",
    "revoke_session",
    "rights",
    "roles",
    "rotate_keys",
    "schedule",
    "signing_keys",
    "time_zone",
    "time_zones",
]


async def names(source: UnitOfWork | Database, ids: Collection[UUID]) -> dict[UUID, str]:
    """Display names in one query; ids of nobody are left out."""
    if not ids:
        return {}
    if isinstance(source, Database):
        return await repository.display_names(source, ids)
    return await repository.display_names_within(source.session, ids)


async def people(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Of people whose accounts are open; all others are left out. One query."""
    return await people_repository.people(uow.session, ids) if ids else {}


async def details(uow: UnitOfWork, user_id: UUID) -> Details | None:
    """What somebody has said of themselves, for nobody else's eyes; None for nobody. `describe` changes it."""
    return await people_repository.details(uow.session, user_id)


async def contact(uow: UnitOfWork, user_id: UUID) -> Contact | None:
    """How to address a person, for mails and documents; None for nobody."""
    return (await repository.contacts(uow.session, [user_id])).get(user_id)


async def contacts(uow: UnitOfWork, user_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """`contact` of many in one query; ids of nobody are left out."""
    return await repository.contacts(uow.session, user_ids) if user_ids else {}


async def id_of_email(uow: UnitOfWork, email: str) -> UUID | None:
    """Who has registered with this address; None for nobody and for a closed account. What it answers may only be
    shown to staff, or where guessing is limited."""
    return await repository.id_of_email(uow.session, email.strip())


async def confirmed_address(uow: UnitOfWork, user_id: UUID) -> str | None:
    """In lower case; None where none was ever confirmed, so that it may be somebody else's."""
    return await rights_repository.confirmed_address(uow.session, user_id)


async def farewell(db: Database, farewell_id: UUID) -> Farewell | None:
    """Where to say that an account is gone; None once that was done."""
    return await rights_repository.farewell(db, farewell_id)


async def forget_farewell(uow: UnitOfWork, farewell_id: UUID) -> None:
    await rights_repository.forget_farewell(uow.session, farewell_id)


async def time_zone(uow: UnitOfWork, user_id: UUID) -> str:
    """The IANA zone that decides which day it is for this person; UTC for nobody."""
    return await repository.time_zone(uow, user_id) or "UTC"


async def time_zones(uow: UnitOfWork, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """`time_zone` of many; ids of nobody are left out."""
    return await repository.time_zones(uow, user_ids) if user_ids else {}


async def members(
    uow: UnitOfWork,
    *,
    role: Role | None = None,
    among: Collection[UUID] | None = None,
    after: UUID | None = None,
    most: int,
) -> list[UUID]:
    """Up to `most` people behind `after`, in the order of their ids; closed accounts are left out."""
    return await repository.members(uow.session, role=role, among=among, after=after, most=most)


async def count_members(uow: UnitOfWork, *, role: Role | None = None) -> int:
    """How many `members` there are."""
    return await repository.count_members(uow.session, role=role)


async def roles(uow: UnitOfWork, user_id: UUID) -> frozenset[str]:
    """Those that hold everywhere, as the database has them now; empty for nobody."""
    return await repository.roles_within(uow.session, user_id)


async def count_try(
    db: Database, subject: str, *, delays_s: Sequence[float], quiet_s: float, now: datetime
) -> datetime | None:
    """Counts one try at something that can be guessed, whatever comes of the request. None: go ahead; otherwise when
    the next try is allowed. `delays_s` as in `policy.limits`; `subject` says what is guessed, and who does."""
    return await tries.reserve(db, subject, delays_s=delays_s, quiet_s=quiet_s, now=now)


async def return_try(uow: UnitOfWork, subject: str, *, counted_at: datetime) -> None:
    """Takes back one counted try that was no guess, and nothing else that was counted."""
    await tries.return_try(uow.session, subject, counted_at=counted_at)
