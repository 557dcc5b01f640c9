"""Addresses of servers: whether one is this machine, and which server a model's name means."""

from __future__ import annotations

import contextlib
import ipaddress

__all__ = ["is_loopback", "server_of"]


def is_loopback(host: str) -> bool:
    """Whether a host (``::1`` or ``[::1]`` alike) is this machine, out of reach for any other."""
    if host.casefold() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return False


def server_of(name: str) -> str | None:
    """Scheme, host and port of the endpoint that a model's name means; None if it means none."""
    name = name.strip()
    return "/".join(name.split("/", 3)[:3]) if name.startswith(("http://", "https://")) else None
