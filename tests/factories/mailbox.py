"""What people find in their mail: the codes and links of the local outbox, newest first."""

import re
from email import message_from_bytes, policy

from domains.kernel.uow import Database


async def mails(db: Database, to: str) -> list[tuple[str, str]]:
    """Subject and text of what was sent to an address."""
    rows = await db.fetch("SELECT message FROM notifications_local_mail ORDER BY id DESC")
    found = [message_from_bytes(row["message"], policy=policy.default) for row in rows]
    mine = [mail for mail in found if to.lower() in str(mail["To"]).lower()]
    return [(str(mail["Subject"]), _text(mail)) for mail in mine]


async def code_for(db: Database, to: str, about: str = "") -> str:
    """The newest code, of a mail with such a subject."""
    for subject, text in await mails(db, to):
        # Also a link may hold eight digits in a row.
        found = re.search(r"(?<![\w-])\d{8}(?![\w-])", text)
        if found and about in subject:
            return found[0]
    raise AssertionError(f"no code was sent to {to}")


async def token_for(db: Database, to: str) -> str:
    """Of the newest link."""
    for _, text in await mails(db, to):
        found = re.search(r"#token=([\w-]+)", text)
        if found:
            return found[1]
    raise AssertionError(f"no link was sent to {to}")


def _text(mail: object) -> str:
    part = mail.get_body(("plain",))  # type: ignore[attr-defined]
    return str(part.get_content())
