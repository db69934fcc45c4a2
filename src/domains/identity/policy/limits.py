"""How failed logins slow a guesser down, without closing an account to its owner.

Each entry is the wait, in seconds, after that many failures in a row; the last one holds for all that follow.
After a quiet hour the count starts anew. Three things are counted:

- the account at one address: at most 18 guesses an hour from there;
- the account from all addresses where its owner has not logged in before: at most 18 guesses an hour in total, however
  many addresses take part. It waits for less long than the former, so a single address cannot keep it shut, and
  a place where the owner did log in before is exempt, so no number of addresses can keep the owner out there;
- the address, over all accounts.

Registrations are counted per address too: sixty at once, then one a minute. So are requests for one-time codes, per
address and per mailbox.
"""

import hashlib
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from uuid import UUID

PAIR_DELAYS_S = (0.0,) * 9 + (60.0, 120.0, 240.0, 480.0, 600.0)
STRANGERS_DELAYS_S = (0.0,) * 4 + (60.0, 120.0, 300.0)
ADDRESS_DELAYS_S = (0.0,) * 29 + (10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 600.0)
REGISTRATION_DELAYS_S = (0.0,) * 59 + (60.0,)
CODES_TO_ADDRESS_DELAYS_S = (0.0,) * 2 + (60.0, 120.0, 300.0, 600.0)
"""Mails to one mailbox, whoever asks for them."""
CODES_TO_CALLER_DELAYS_S = (0.0,) * 19 + (60.0, 120.0, 300.0, 600.0)
QUIET_S = 3600.0

PLACE_KEPT = timedelta(days=90)
"""So long after the last login there, an address counts as a place of the account."""

_UNKNOWN_ADDRESS = "address:unknown"


def account_subject(user_id: UUID | None, login: str) -> str:
    """What is counted: the account, or the name that nobody has, so that both slow down alike."""
    if user_id is not None:
        return f"account:{user_id}"
    return "nobody:" + hashlib.sha256(login.lower().encode()).hexdigest()


def pair_subject(account: str, address: str) -> str:
    """One account, or name that nobody has, at one address; both as the functions beside this one give them."""
    return f"{account}@{address}"


def address_subject(host: str | None) -> str:
    """An IPv6 customer holds a whole /64, so that is what is counted."""
    address = _address(host)
    if address is None:
        return _UNKNOWN_ADDRESS
    if isinstance(address, IPv6Address):
        return f"address:{IPv6Address(int(address) >> 64 << 64)}/64"
    return f"address:{address}"


def registration_subject(host: str | None) -> str | None:
    """None for this machine itself: whoever sits there needs no limit (the demo, a benchmark, a test)."""
    address = _address(host)
    if address is not None and address.is_loopback:
        return None
    return f"registration:{address_subject(host)}"


def mailbox_subject(address: str) -> str:
    """To whom codes are sent, known or not."""
    return "codes:" + hashlib.sha256(address.lower().encode()).hexdigest()


def caller_subject(host: str | None) -> str:
    """Who asks for codes, for whomever."""
    return f"codes:{address_subject(host)}"


def is_place(address: str) -> bool:
    """False for the address subject of those of whom no address is known: they have nothing in common."""
    return address != _UNKNOWN_ADDRESS


def _address(host: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
