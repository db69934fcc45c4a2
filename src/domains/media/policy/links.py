"""Addresses that open one thing for a while. Invariant: whoever was given one can neither change what it opens nor for
how long."""

import hashlib
import hmac


def signature(key: bytes, method: str, path: str, expires: int) -> str:
    """`expires`: seconds since 1970."""
    return hmac.new(key, f"{method}\n{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def signed(key: bytes, method: str, path: str, expires: int) -> str:
    """The parameter is called `sig`, which what records traces blackens."""
    return f"{path}?expires={expires}&sig={signature(key, method, path, expires)}"


def opens(key: bytes, method: str, path: str, expires: int, given: str, *, now: float) -> bool:
    return now < expires and hmac.compare_digest(signature(key, method, path, expires).encode(), given.encode())
