"""What mail servers answer and report, and what follows for an address. Pure.

Invariant: an address is given up only for a permanent failure of the address itself, or because somebody complained;
a full mailbox, a policy or a mistake of ours gives up nobody.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Literal, NamedTuple, cast

Reason = Literal["bounce", "complaint"]

MOST_REPORT_BYTES = 5_000_000
_MOST_DETAIL = 300

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_UNKNOWN = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient|address)|(mailbox|address|user|recipient) (not found|"
    r"unavailable or does not exist|does not exist|unknown)|does not exist|doesn't exist|invalid (mailbox|recipient)",
    re.IGNORECASE,
)
# 5.1.x of RFC 3463 that speak of the recipient; 5.1.7 and 5.1.8 speak of the sender, which is us.
_GONE = {0, 1, 2, 3, 4, 6, 9, 10}


class Report(NamedTuple):
    """`message_id` as we gave it, without brackets; "" where the report does not carry it. `permanent`: the address is
    given up."""

    reason: Reason
    address: str
    permanent: bool
    detail: str
    message_id: str


def is_gone(code: int, said: str) -> bool:
    """Whether a refusal means that there is nobody at the address (550 5.1.1), by its enhanced status if it has one."""
    status = _ENHANCED.search(said)
    if status is not None:
        return status[1] == "5" and status[2] == "1" and int(status[3]) in _GONE
    return code in {550, 551, 553} and _UNKNOWN.search(said) is not None


def parsed(raw: bytes) -> list[Report]:
    """The reports in a bounce (RFC 3464) or complaint (RFC 5965); empty for any other mail."""
    message = message_from_bytes(raw[:MOST_REPORT_BYTES], policy=policy.default.clone(raise_on_defect=False))
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return []
    original = _original_id(message)
    found: list[Report] = []
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            found.extend(_deliveries(part, original))
        elif part.get_content_type() == "message/feedback-report":
            found.extend(_complaint(part, original))
    return found


def _deliveries(part: Message, original: str) -> Iterator[Report]:
    for block in _blocks(part):
        if _field(block, "Action").lower() != "failed":
            continue
        address = _address(_field(block, "Original-Recipient") or _field(block, "Final-Recipient"))
        status, said = _field(block, "Status"), _field(block, "Diagnostic-Code")
        code = re.search(r"\b[45]\d\d\b", said)
        permanent = is_gone(int(code[0]) if code else 550, f"{status} {said}")
        if address:
            yield Report("bounce", address, permanent, f"{status} {said}".strip()[:_MOST_DETAIL], original)


def _complaint(part: Message, original: str) -> Iterator[Report]:
    for block in _blocks(part):
        kind = _field(block, "Feedback-Type").lower()
        address = _address(_field(block, "Original-Rcpt-To"))
        # Somebody who says that it is no spam after all has not complained.
        if kind and kind != "not-spam" and (address or original):
            yield Report("complaint", address, True, kind[:_MOST_DETAIL], original)


def _blocks(part: Message) -> list[Message]:
    """Groups of fields; what a parser takes for nested messages, or one text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        blocks = [block for block in payload if isinstance(block, Message)]
        texts = [block.get_payload() for block in blocks if not block.keys()]
        return blocks + [message_from_bytes(str(text).encode(errors="replace")) for text in texts if text]
    text = str(part.get_payload()).replace("\r\n", "\n")
    return [message_from_bytes(block.encode(errors="replace")) for block in text.split("\n\n") if block.strip()]


def _original_id(message: EmailMessage | Message) -> str:
    """Of the mail that came back, whole or only its headers."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart():
            inner = cast("list[Message]", part.get_payload())
            return _bare(_field(inner[0], "Message-ID"))
        if kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return _bare(_field(message_from_bytes(content), "Message-ID"))
    return ""


def _field(block: Message, name: str) -> str:
    """On one line; "" where there is none, or none that can be read."""
    try:
        return " ".join(str(block.get(name, "")).split())
    except (ValueError, IndexError, AttributeError):  # malformed headers trip the parser in several ways
        return ""


def _address(field: str) -> str:
    """`rfc822; ada@example.org` is ada@example.org."""
    found = field.rpartition(";")[2].strip().strip("<>")
    return found if "@" in found and len(found) <= 320 and found.isprintable() and " " not in found else ""


def _bare(message_id: str) -> str:
    return message_id.strip().strip("<>")
