"""What a push carries. Invariant: it always fits; the text gives way before anything that makes the push work does."""

import base64
import hashlib
import json
import unicodedata

MOST_PAYLOAD_BYTES = 3_993
"""What fits into one encrypted record of 4,096 bytes (RFC 8291)."""
MOST_TITLE_CHARS = 120
MOST_BODY_CHARS = 1_000
"""No screen shows more."""
_ELLIPSIS = "…"
_JOINS = "\u200d"


def web_payload(*, title: str, body: str, url: str, tag: str, lang: str = "") -> bytes:
    """JSON for the service worker. Raises ValueError where even without a body it does not fit."""
    title, body = shortened(title, MOST_TITLE_CHARS), shortened(body, MOST_BODY_CHARS)
    fixed = {"title": title, "url": url, "tag": tag, "lang": lang}
    # How long the body may be depends on its letters: one takes one byte, or six when escaped.
    least, most = 0, len(body)
    while least < most:
        middle = (least + most + 1) // 2
        if len(_json(fixed | {"body": shortened(body, middle)})) <= MOST_PAYLOAD_BYTES:
            least = middle
        else:
            most = middle - 1
    payload = _json(fixed | {"body": shortened(body, least)})
    if len(payload) > MOST_PAYLOAD_BYTES:
        raise ValueError("the address alone is too long for a push")
    return payload


def fitted_texts(title: str, body: str, most_bytes: int) -> tuple[str, str]:
    """Title and body that together take at most so many bytes of UTF-8."""
    title, body = shortened(title, MOST_TITLE_CHARS), shortened(body, MOST_BODY_CHARS)
    while body and len((title + body).encode()) > most_bytes:
        body = shortened(body, len(body) * 3 // 4)
    return title, body


def shortened(text: str, most: int) -> str:
    """At most so many characters, with an ellipsis where something is missing; between words where one is near."""
    if len(text) <= most:
        return text
    if most <= 0:
        return ""
    end = most - len(_ELLIPSIS)
    # A letter keeps its accents, and what is joined to one picture stays together.
    while end > 0 and (unicodedata.combining(text[end]) or text[end] in _JOINS or text[end - 1] in _JOINS):
        end -= 1
    space = text.rfind(" ", end - end // 4, end + 1)
    return text[: space if space > 0 else end].rstrip(" ,;:") + _ELLIPSIS


def topic_of(cause: str) -> str:
    """A name of 32 characters of base64url for a cause, the same every time (RFC 8030's Topic); "" for none."""
    return base64.urlsafe_b64encode(hashlib.sha256(cause.encode()).digest()[:24]).decode() if cause else ""


def collapse_id(key: str) -> str:
    """At most 64 bytes, as Apple wants it."""
    return key if len(key.encode()) <= 64 else topic_of(key)


def _json(fields: dict[str, str]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
