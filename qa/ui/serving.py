"""The chat served at an address of this machine, and to nobody who wasn't invited."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import time
import webbrowser
from collections.abc import Callable, Sequence

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from qa.errors import ServeError
from qa.ui.app import ChatLibrary, asset, build
from qa.ui.headers import SecurityHeaders

__all__ = ["Auth", "launch", "serve"]

Auth = Sequence[tuple[str, str]] | Callable[[str, str], bool]

LONGEST_REQUEST = "1mb"


def _theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=[gr.themes.Font(name) for name in ("system-ui", "sans-serif")],
        font_mono=[gr.themes.Font(name) for name in ("ui-monospace", "monospace")],
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return False


def _check_address(host: str, port: int, auth: Auth | None) -> None:
    if not auth and not _is_loopback(host):
        raise ServeError(
            f"{host} can be reached from other machines, and no accounts are given. Serve on "
            "127.0.0.1, or give the names and passwords that may sign in (auth)."
        )
    if not 1 <= port <= 65_535:
        raise ServeError(f"Port {port} doesn't exist: choose one from 1024 to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                # A connection that has just been closed doesn't keep the port taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message = (
                f"Port {port} on {host} is in use. Stop the program that uses it, or choose "
                f"another port, such as {port + 1 if port < 65535 else 7860}."
            )
        elif error.errno == errno.EACCES:
            message = f"Port {port} needs special rights: choose one from 1024 to 65535."
        else:
            message = f"The chat can't be served at {host}, port {port}: {error.strerror or error}."
        raise ServeError(message) from error


def serve(
    library: ChatLibrary, *, host: str = "127.0.0.1", port: int = 7860, auth: Auth | None = None
) -> gr.Blocks:
    """Start serving the chat and return; ``close()`` of what is returned ends it.

    Parameters
    ----------
    library : ChatLibrary
    host : str
        Any but a loopback address needs `auth`.
    port : int
        1 to 65535.
    auth : sequence of (name, password), or callable, or None
        Who may sign in; a callable is given the name and the password.

    Raises
    ------
    ServeError
        The port is in use or not allowed, or `host` is open to others without `auth`.
    """
    _check_address(host, port, auth)
    hosts = ["127.0.0.1", "localhost", "[::1]"] if _is_loopback(host) else ["*"]
    blocks = build(library)
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            auth=auth if auth is None or callable(auth) else list(auth),
            prevent_thread_lock=True,
            quiet=True,
            inline=False,
            share=False,
            show_error=False,
            allowed_paths=[],
            max_file_size=LONGEST_REQUEST,
            strict_cors=True,
            ssr_mode=False,
            enable_monitoring=False,
            mcp_server=False,
            pwa=False,
            run_history=False,
            footer_links=[],
            theme=_theme(),
            css=asset("chat.css"),
            app_kwargs={
                "middleware": [
                    Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
                    Middleware(SecurityHeaders),
                ],
                "docs_url": None,
                "redoc_url": None,
                "openapi_url": None,
            },
        )
    except OSError as error:
        raise ServeError(
            f"The chat can't be served at {host}, port {port}: {error}. Choose another port."
        ) from error
    return blocks


def launch(
    library: ChatLibrary,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    auth: Auth | None = None,
) -> None:
    """Serve the chat until Ctrl-C.

    Parameters
    ----------
    library, host, port, auth
        As for `serve`.
    open_browser : bool
        Open the chat in the default browser as well.

    Raises
    ------
    ServeError
        As from `serve`.
    """
    blocks = serve(library, host=host, port=port, auth=auth)
    address = str(blocks.local_url)
    print(f"The chat is at {address} (Ctrl-C ends it)", flush=True)
    if open_browser:
        webbrowser.open(address)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print("\nThe chat has ended.", flush=True)
    finally:
        blocks.close(verbose=False)
