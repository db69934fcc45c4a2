"""Keys made of titles: the same for the same file, distinct for distinct nodes, and never too long."""

import hashlib
from collections.abc import Hashable

from domains.catalog.formats.librelingo import slugified

LONGEST = 60


class Slugs:
    """Remembers whose each key is."""

    def __init__(self) -> None:
        self._owners: dict[str, Hashable] = {}

    def key(self, above: str, title: str, whose: Hashable) -> str:
        """Below `above`, of its title; the second with the same gets a sign of its own."""
        slug = slugified(title)
        if len(slug) > LONGEST:
            slug = f"{slug[:LONGEST]}-{_sign(title)}"
        key = f"{above}/{slug}" if above else slug
        if self._owners.setdefault(key, whose) != whose:
            key = f"{key}-{_sign(repr(whose))}"
            self._owners[key] = whose
        return key


def _sign(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
