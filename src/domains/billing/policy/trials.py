"""By what a person is known again who comes for a second trial. Nothing of it can be read back: a digest is bound to
its product, and the number of a card is never seen."""

import hashlib
from uuid import UUID

_DOTS_MEAN_NOTHING = frozenset({"gmail.com", "googlemail.com"})


def mailbox(email: str) -> str:
    """The mailbox behind an address: `Ada.L+x@GoogleMail.com` arrives where `adal@gmail.com` does."""
    local, _, domain = email.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTS_MEAN_NOTHING:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def person_mark(user_id: UUID) -> str:
    return f"user:{user_id}"


def mail_mark(product_id: UUID, email: str) -> str:
    return f"mail:{_digest(product_id, mailbox(email))}"


def card_mark(product_id: UUID, fingerprint: str) -> str:
    """`fingerprint` as the provider gives it: the same for the same card."""
    return f"card:{_digest(product_id, fingerprint)}"


def refused_mark(order_id: UUID) -> str:
    """The trial of this order began on a card that had one before."""
    return f"refused:{order_id}"


def _digest(product_id: UUID, what: str) -> str:
    return hashlib.sha256(f"{product_id}:{what}".encode()).hexdigest()
