"""Second factors: which of them somebody has."""

from uuid import UUID

from domains.kernel.uow import UnitOfWork


async def second_factors(uow: UnitOfWork, user_id: UUID) -> list[str]:
    """`totp`, `passkey`, `recovery_code`; empty for somebody who has set up none."""
    return []
