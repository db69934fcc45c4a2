"""Writing XML: elements as strings, their texts escaped, and without the characters that XML has no way to say."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(plain: str) -> str:
    return escape(_NOT_XML.sub("", plain))


def element(name: str, attributes: Mapping[str, object] | None = None, *inner: str) -> str:
    """`inner` is markup already."""
    said = "".join(f' {key}="{_attribute(value)}"' for key, value in (attributes or {}).items())
    content = "".join(inner)
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def _attribute(value: object) -> str:
    plain = _NOT_XML.sub("", str(value))
    return escape(plain, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def document(root: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'.encode()


def paragraphs(plain: str) -> str:
    """Blank lines part paragraphs, others are kept as line breaks."""
    blocks = [block for block in re.split(r"\n\s*\n", plain.strip()) if block]
    return "".join(element("p", None, lines(block)) for block in blocks)


def lines(plain: str) -> str:
    return "<br/>".join(text(line) for line in plain.split("\n"))
