"""Which network an address belongs to: an IPv4 address stands for itself, an IPv6 address for its /56."""

from __future__ import annotations

import ipaddress


def prefix_of(address: str) -> str:
    """The network of `address` as text; "" where there is no address (commands, jobs)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 56), strict=False))
    return str(ip)
