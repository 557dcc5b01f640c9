"""What an address leads to: this machine, or which server."""

from __future__ import annotations

import contextlib
import ipaddress

__all__ = ["is_loopback", "server_of"]


def is_loopback(host: str) -> bool:
    """Whether a host, ``[::1]`` as well as ``::1``, is this machine and nobody else reaches it."""
    if host.casefold() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return False


def server_of(name: str) -> str | None:
    """The scheme, host and port of an endpoint's name; None for any other model's."""
    name = name.strip()
    return "/".join(name.split("/", 3)[:3]) if name.startswith(("http://", "https://")) else None
