"""How much a message by the contact form looks like spam: a few simple signs, added up. Pure.

Nothing is thrown away for it: a message that scores high waits in another queue, where somebody may look."""

import re

SPAM_FROM = 60
_MOST = 100

_LINK = re.compile(r"https?://|www\.|\[url|<a\s", re.IGNORECASE)
_MARKUP = re.compile(r"<\s*(?:a|script|img|iframe)\b|\[(?:url|link|img)\b", re.IGNORECASE)
_WORDS = re.compile(
    r"\b(?:casino|viagra|cialis|crypto (?:profit|invest)\w*|backlinks?|seo (?:services?|packages?|ranking)"
    r"|first page of google|guest posts?|payday loans?|forex|porn|escorts?|lottery|you (?:have )?won|act now"
    r"|web ?traffic|increase your (?:traffic|sales)|telegram channel)\b",
    re.IGNORECASE,
)
_SAME_LETTER = re.compile(r"(\S)\1{9,}")


def score(*, subject: str, body: str, trap: str) -> int:
    """0 to 100. `trap`: a field that people do not see; whatever fills it in is a machine."""
    if trap:
        return _MOST
    said = f"{subject}\n{body}"
    links = len(_LINK.findall(said))
    letters = [letter for letter in said if letter.isalpha()]
    loud = len(letters) >= 20 and sum(letter.isupper() for letter in letters) > 0.7 * len(letters)
    found = {
        "links": min(links, 5) * 12,
        "little but links": 20 if links and len(letters) < 60 else 0,
        "markup": 40 if _MARKUP.search(said) else 0,
        "words": min(len(_WORDS.findall(said)), 3) * 25,
        "shouting": 20 if loud else 0,
        "one letter": 20 if _SAME_LETTER.search(said) else 0,
    }
    return min(sum(found.values()), _MOST)
