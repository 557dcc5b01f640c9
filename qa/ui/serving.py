"""The chat served at an address of this machine, and to nobody who wasn't invited."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import importlib.util
import os
import signal
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from starlette.middleware import Middleware

from qa.addresses import is_loopback
from qa.errors import ServeError
from qa.ui.app import ChatLibrary, asset, build
from qa.ui.guard import Guard, host_of
from qa.ui.uploads import LARGEST_FILE, delete_uploads, discard_unclaimed, make_uploads

__all__ = ["Auth", "launch", "serve"]

Auth = Sequence[tuple[str, str]] | Callable[[str, str], bool]

LARGEST_REQUEST = 4 * 2**20
# Beside the file, an upload holds what separates its parts.
LARGEST_UPLOAD = LARGEST_FILE + 2**16
# Each question in line or under way holds one, and reading sources needs some.
THREADS = 96


def _theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=[gr.themes.Font(name) for name in ("system-ui", "sans-serif")],
        font_mono=[gr.themes.Font(name) for name in ("ui-monospace", "monospace")],
    )


def _in_a_thread(auth: Callable[[str, str], bool]) -> Any:
    """Tell who may sign in without keeping everybody else waiting: hashing is slow on purpose.

    Gradio awaits it, though its types don't say so.
    """

    async def checked(name: str, password: str) -> bool:
        return await asyncio.to_thread(auth, name, password)

    return checked


def _check_address(host: str, port: int, auth: Auth | None) -> None:
    if not auth and not is_loopback(host):
        raise ServeError(
            f"{host} can be reached from other machines, and no accounts are given. Serve on "
            "127.0.0.1, or give the names and passwords that may sign in with --auth-file."
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
    except ValueError as error:
        # Of what can't be a host's name, such as one with two dots in a row.
        raise ServeError(
            f"{host!r} is no address of a machine ({error}). Check it, or serve on 127.0.0.1."
        ) from error
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


def _check_root_path(root_path: str) -> None:
    if not root_path:
        return
    with contextlib.suppress(ValueError):
        parts = urlsplit(root_path)
        # An invalid port raises only when it is read.
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return
        if root_path.startswith("/") and not root_path.startswith("//") and not parts.query:
            return
    raise ServeError(
        f"--root-path {root_path} isn't the path or address at which a reverse proxy serves "
        "the chat. Write /qa or https://example.org/qa."
    )


def serve(
    library: ChatLibrary,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: Auth | None = None,
    root_path: str = "",
    editable: bool = True,
    mcp: bool = False,
    at_once: int = 1,
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
    root_path : str
        Where a reverse proxy serves the chat: ``"/qa"``, or the whole address.
    editable : bool
        Whether documents may be added and removed in the chat.
    mcp : bool
        Whether assistants may ask by the Model Context Protocol.
    at_once : int
        How many questions the model is given together.

    Raises
    ------
    ServeError
        The port is in use or not allowed, or `host` is open to others without `auth`.
    """
    _check_address(host, port, auth)
    _check_root_path(root_path)
    if mcp and importlib.util.find_spec("mcp") is None:
        raise ServeError(
            "The MCP server needs the extra 'mcp'. Install it: pip install '.[mcp]' in the "
            "project's folder."
        )
    outside = urlsplit(root_path)
    hosts = [host, "127.0.0.1", "localhost", "[::1]"] if is_loopback(host) else ["*"]
    uploads = make_uploads()
    sign_in: Any = _in_a_thread(auth) if callable(auth) else auth and list(auth)
    icon = Path(__file__).parent / "assets" / "icon.svg"
    blocks = build(library, uploads=uploads, editable=editable, at_once=at_once)
    try:
        app, _, _ = blocks.launch(
            server_name=host,
            server_port=port,
            auth=sign_in,
            prevent_thread_lock=True,
            quiet=True,
            inline=False,
            share=False,
            show_error=False,
            allowed_paths=[],
            max_file_size=LARGEST_FILE,
            max_threads=THREADS,
            strict_cors=True,
            ssr_mode=False,
            enable_monitoring=False,
            mcp_server=mcp,
            pwa=False,
            run_history=False,
            footer_links=[],
            root_path=root_path.rstrip("/") or None,
            theme=_theme(),
            css=asset("chat.css"),
            favicon_path=str(icon),
            # Relative, so that it is found behind a proxy's path too.
            head='<link rel="icon" type="image/svg+xml" href="favicon.ico">',
            app_kwargs={
                "middleware": [
                    Middleware(
                        Guard,
                        hosts=[*hosts, host_of(outside.netloc)] if outside.netloc else hosts,
                        origins=[outside.netloc] if outside.netloc else [],
                        root_path=outside.path,
                        largest_upload=LARGEST_UPLOAD if editable else 0,
                        largest_request=LARGEST_REQUEST,
                        make_room=lambda: discard_unclaimed(uploads),
                    ),
                ],
                "docs_url": None,
                "redoc_url": None,
                "openapi_url": None,
            },
        )
    except BaseException as error:
        delete_uploads(uploads)
        if not isinstance(error, OSError):
            raise
        raise ServeError(
            f"The chat can't be served at {host}, port {port}: {error}. Choose another port."
        ) from error
    # For this server alone, and readable by nobody else on the machine.
    app.uploaded_file_dir = str(uploads)
    return blocks


def launch(
    library: ChatLibrary,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    auth: Auth | None = None,
    root_path: str = "",
    editable: bool = True,
    mcp: bool = False,
    at_once: int = 1,
) -> None:
    """Serve the chat until Ctrl-C, or until the process is asked to end.

    Parameters
    ----------
    library, host, port, auth, root_path, editable, mcp, at_once
        As for `serve`.
    open_browser : bool
        Open the chat in the default browser as well.

    Raises
    ------
    ServeError
        As from `serve`.
    """
    with _ended_by_sigterm():
        blocks = serve(
            library,
            host=host,
            port=port,
            auth=auth,
            root_path=root_path,
            editable=editable,
            mcp=mcp,
            at_once=at_once,
        )
        try:
            address = str(blocks.local_url)
            print(f"The chat is at {address} (Ctrl-C ends it)", flush=True)
            if mcp:
                print(f"Assistants connect to {address}gradio_api/mcp/", flush=True)
            if open_browser:
                webbrowser.open(address)
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print("\nThe chat has ended.", flush=True)
        finally:
            delete_uploads(Path(blocks.app.uploaded_file_dir))
            blocks.close(verbose=False)


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Meanwhile SIGTERM, by which services are stopped, ends things as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
