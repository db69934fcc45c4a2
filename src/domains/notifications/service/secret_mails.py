"""Mails that carry a one-time code. Invariant: the code is made when the mail is written, and is in no row of ours."""

from uuid import UUID

from domains.identity import api as identity
from domains.kernel.uow import Database
from domains.notifications.channels.port import Due, Refused

CODE_ID = "code_id"
"""The param of a delivery that names the code."""
_TYPED_ONLY = {"login_code"}
"""A link that logs in would do so wherever it is opened."""


async def written(db: Database, due: Due, address: str) -> tuple[Due, str]:
    """The delivery with its code, and the address it goes to, which need not be the account's. What carries no code
    stays as it is. Raises Refused for a code that is not wanted any more, and where there is no address."""
    code_id = due.params.get(CODE_ID)
    if code_id is not None:
        async with db.begin() as uow:
            issued = await identity.issue_code(uow, UUID(str(code_id)))
        if issued is None:
            raise Refused("the code is not wanted any more")
        url = due.url if due.kind in _TYPED_ONLY else f"{due.url}#token={issued.token}"
        params = due.params | {"code": issued.code, "minutes": issued.minutes}
        due, address = due._replace(params=params, url=url), issued.address
    if not address:
        raise Refused("there is no address")
    return due, address
