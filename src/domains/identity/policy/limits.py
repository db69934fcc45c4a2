"""How failed logins slow a guesser down, without ever closing an account for good.

Each entry is the wait, in seconds, after that many failures in a row; the last one holds for all that follow.
At most 18 guesses per account and hour are evaluated. After a quiet hour the count starts anew.
"""

import hashlib
from ipaddress import IPv6Address, ip_address
from uuid import UUID

ACCOUNT_DELAYS_S = (0.0,) * 9 + (60.0, 120.0, 240.0, 480.0, 600.0)
ADDRESS_DELAYS_S = (0.0,) * 29 + (10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 600.0)
QUIET_S = 3600.0


def account_subject(user_id: UUID | None, login: str) -> str:
    """What is counted: the account, or the name that nobody has, so that both slow down alike."""
    if user_id is not None:
        return f"account:{user_id}"
    return "nobody:" + hashlib.sha256(login.lower().encode()).hexdigest()


def address_subject(host: str | None) -> str:
    """An IPv6 customer holds a whole /64, so that is what is counted."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return "address:unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return f"address:{address.ipv4_mapped}"
        return f"address:{IPv6Address(int(address) >> 64 << 64)}/64"
    return f"address:{address}"
