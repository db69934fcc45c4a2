"""What our things are called at a provider. Once given, a name stays: whoever comes second gets the first one's."""

from uuid import UUID

from domains.kernel.uow import Database

_REF_OF = "SELECT ref FROM billing_provider_ref WHERE provider = $1 AND kind = $2 AND own_id = $3"
_KEEP_REF = (
    "INSERT INTO billing_provider_ref (provider, kind, own_id, ref) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (provider, kind, own_id) DO UPDATE SET ref = billing_provider_ref.ref RETURNING ref"
)
_CHANGE_REF = (
    "UPDATE billing_provider_ref SET ref = $5 WHERE provider = $1 AND kind = $2 AND own_id = $3 AND ref = $4"
    " RETURNING ref"
)


async def ref_of(db: Database, provider: str, kind: str, own_id: UUID) -> str | None:
    rows = await db.fetch(_REF_OF, provider, kind, own_id)
    return rows[0]["ref"] if rows else None


async def keep_ref(db: Database, provider: str, kind: str, own_id: UUID, ref: str) -> str:
    """The name that is kept: `ref`, or the one that somebody else gave before."""
    rows = await db.fetch(_KEEP_REF, provider, kind, own_id, ref)
    winner: str = rows[0]["ref"]
    return winner


async def change_ref(db: Database, provider: str, kind: str, own_id: UUID, gone: str, ref: str) -> str:
    """For what was deleted at the provider. The name that is kept: `ref`, or the one that somebody else gave while we
    still thought of `gone`."""
    rows = await db.fetch(_CHANGE_REF, provider, kind, own_id, gone, ref)
    if rows:
        return ref
    return await keep_ref(db, provider, kind, own_id, ref)
