"""The kind of note that we write, and what stands in its fields.

`Languages` is shown nowhere: it says which side is in which language, so that what was written is read the same.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

NAME = "Lyceum"
ID = 1_577_851_200_001
FIELDS = ("Front", "Front media", "Back", "Back media", "Note", "Hints", "Explanation", "Languages")
QUESTION = "{{Front}}{{#Front media}}<div>{{Front media}}</div>{{/Front media}}{{#Hints}}{{hint:Hints}}{{/Hints}}"
ANSWER = (
    "{{FrontSide}}\n\n<hr id=answer>\n\n{{Back}}{{#Back media}}<div>{{Back media}}</div>{{/Back media}}"
    '{{#Note}}<div class="note">{{Note}}</div>{{/Note}}'
    '{{#Explanation}}<div class="note">{{Explanation}}</div>{{/Explanation}}'
)
CSS = (
    ".card { font-family: arial; font-size: 20px; line-height: 1.5; text-align: center; }\n"
    ".note { font-size: 16px; margin-top: 1em; }\n"
)

_PARTS = re.compile(r"\n\s*\n")


def markup(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>")


def attribute(text: str) -> str:
    return escape(" ".join(text.split()))


def parts(texts: Sequence[str]) -> str:
    """Each in an element of its own, unless there is only one."""
    if len(texts) == 1:
        return markup(texts[0])
    return "".join(f"<div>{markup(text)}</div>" for text in texts)


def parted(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _PARTS.split(text) if part.strip())


def model(modified: int) -> Mapping[str, Any]:
    """As collections of version 11 keep it."""
    return {
        "id": ID,
        "name": NAME,
        "type": 0,
        "mod": modified,
        "usn": -1,
        "sortf": 0,
        "did": None,
        "tmpls": [
            {
                "name": "Card 1",
                "ord": 0,
                "qfmt": QUESTION,
                "afmt": ANSWER,
                "bqfmt": "",
                "bafmt": "",
                "did": None,
                "bfont": "",
                "bsize": 0,
            }
        ],
        "flds": [
            {"name": name, "ord": place, "sticky": False, "rtl": False, "font": "Arial", "size": 20}
            for place, name in enumerate(FIELDS)
        ],
        "css": CSS,
        "latexPre": "",
        "latexPost": "",
        "latexsvg": False,
        "req": [[0, "any", [0]]],
    }
