"""Whom documents are made out to. Invariant: what is kept has been checked; what was issued already stays as it is."""

from uuid import UUID

from domains.billing.policy.customers import CustomerTerms, checked_customer
from domains.billing.repository import customers as repository
from domains.identity import api as identity
from domains.kernel.uow import UnitOfWork


async def shown(uow: UnitOfWork, user_id: UUID) -> CustomerTerms:
    """What was told, or else what the account says."""
    row = await repository.customer(uow.session, user_id)
    if row is not None:
        return CustomerTerms(row.name, row.email, row.country, row.region, row.address, row.tax_id)
    contact = await identity.contact(uow, user_id)
    return CustomerTerms(contact.name, contact.email) if contact else CustomerTerms("")


async def keep(uow: UnitOfWork, user_id: UUID, terms: CustomerTerms) -> CustomerTerms:
    """The whole of it, as it is kept. Raises BadField."""
    checked = checked_customer(terms)
    await repository.keep_customer(uow.session, user_id, checked._asdict())
    return checked
