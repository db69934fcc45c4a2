"""Documents over the wire. Amounts are in the currency's minor units, those of a credit note positive too."""

from datetime import datetime
from uuid import UUID

from domains.kernel.wire import Out


class DocumentOut(Out, frozen=True):
    """`kind` is invoice or credit_note."""

    id: UUID
    order_id: UUID
    kind: str
    number: str
    issued_at: datetime
    currency: str
    total_minor: int
    tax_minor: int
