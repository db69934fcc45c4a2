"""Which addresses strangers may name. Invariant: what a stranger names never leads into the house's own network."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

MOST_ENDPOINT_CHARS = 2_048
HTTPS_PORT = 443

_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
# What `is_global` says of these depends on the age of Python's tables.
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)


class Endpoint(NamedTuple):
    """`origin`: scheme and host as RFC 8292 wants them in `aud`."""

    scheme: str
    host: str
    port: int
    origin: str


def parsed(url: str) -> Endpoint | None:
    """None for what is no plain address: other schemes, names with a password, control characters, no host."""
    if len(url) > MOST_ENDPOINT_CHARS or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in {"https", "http"} or not host or "@" in parts.netloc or "%" in host or parts.fragment:
        return None
    usual = HTTPS_PORT if parts.scheme == "https" else 80
    shown = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{shown}" + ("" if port in (None, usual) else f":{port}")
    return Endpoint(parts.scheme, host, usual if port is None else port, origin)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; False for what is no address at all."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            # It carries an address of IPv4, and ends there.
            return is_public(str(inner))
        if found not in _UNICAST:
            return False
    if any(found.version == special.version and found in special for special in _SPECIAL):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def is_literal(host: str) -> bool:
    """Whether a host is written as an IP address, in any of the ways that a resolver takes (`127.1`, `0x7f000001`)."""
    try:
        ip_address(host)
    except ValueError:
        last = host.rsplit(".", 1)[-1]
        return last.isdigit() or last.startswith("0x")
    return True


class PublicHttps:
    """What production allows: https to a name on the usual port, and only to public addresses."""

    def takes(self, url: str) -> bool:
        """By its form; what the name stands for is seen when it is connected to."""
        found = parsed(url)
        return (
            found is not None
            and found.scheme == "https"
            and found.port == HTTPS_PORT
            and not is_literal(found.host)
            and "." in found.host
        )

    def reaches(self, address: str) -> bool:
        return is_public(address)


class PublicWeb(PublicHttps):
    """Plain http on its usual port as well."""

    def takes(self, url: str) -> bool:
        return super().takes(url) or super().takes(url.replace("http://", "https://", 1))
