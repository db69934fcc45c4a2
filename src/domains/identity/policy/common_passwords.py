"""The passwords that guessers try first: 115,000 of at least eight characters; `data/README.md` says where from.

Read on first use and kept as one text, which takes a megabyte and less than a millisecond to search.
"""

import lzma
from functools import cache
from importlib.resources import files


def is_common(password: str) -> bool:
    """`password` in lower case."""
    return "\n" not in password and f"\n{password}\n" in _listed()


@cache
def _listed() -> str:
    packed = files("domains.identity").joinpath("data", "common_passwords.txt.xz").read_bytes()
    return lzma.decompress(packed).decode()
