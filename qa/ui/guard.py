"""What the server refuses before Gradio sees it, and what it tells the browser to refuse.

Gradio serves more than a chat needs: files, other components' code, a proxy. Only the
paths that the page and the programs use are passed on, only for hosts and origins that
are meant, and only in sizes that make sense.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "host_of"]

_PATHS = re.compile(
    r"/(?:|config/?|login/?|logout|theme\.css|favicon\.ico|robots\.txt|manifest\.json|pwa_icon/?\d*"
    r"|(?:assets|static|svelte)/[\w./@~+-]+"
    r"|gradio_api/(?:info/?|openapi\.json|app_id/?|user/?|token/?|login_check/?|startup-events"
    r"|theme\.css|cancel|reset/?|queue/(?:join/?|data|status)|heartbeat/\w+|component_server/?"
    r"|upload|upload_progress|call/(?:v2/)?\w+/?(?:\w+)?|run/\w+/?|mcp/?.*))"
)
_UPLOAD = "/gradio_api/upload"
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)

# Gradio compiles its templates, so evaluation stays allowed; what the policy ensures is
# that no script runs but those that the page was served with, and that nothing is fetched
# from, sent to or framed by another origin.
_POLICY = (
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
)
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def _script_policy(page: bytes) -> str:
    """Allow the scripts that stand in `page`, and no other inline one."""
    digests = dict.fromkeys(
        base64.b64encode(hashlib.sha256(script).digest()).decode()
        for script in _INLINE_SCRIPT.findall(page)
    )
    return " ".join(["script-src 'self' 'unsafe-eval'", *(f"'sha256-{each}'" for each in digests)])


def host_of(authority: str) -> str:
    """The host of ``host:port``, lower case, without the port."""
    name = authority.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]


class Guard:
    """ASGI middleware around Gradio.

    Parameters
    ----------
    app : ASGIApp
    hosts : iterable of str
        Names that the server goes by; ``"*"`` for any.
    origins : iterable of str
        ``host:port`` of pages that may call, beside those that the request itself names.
    root_path : str
        The path before which a reverse proxy has put it, ``""`` or like ``"/qa"``. It is
        taken off where the proxy has left it on.
    largest_upload, largest_request : int
        In bytes. Where `largest_upload` is 0 nothing may be uploaded.
    make_room : callable, optional
        Called before each upload.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Iterable[str],
        origins: Iterable[str] = (),
        root_path: str = "",
        largest_upload: int,
        largest_request: int,
        make_room: Callable[[], None] | None = None,
    ) -> None:
        self._app = app
        self._hosts = frozenset(map(str.lower, hosts))
        self._origins = frozenset(map(str.lower, origins))
        self._root = root_path.rstrip("/")
        self._largest_upload = largest_upload
        self._largest_request = largest_request
        self._make_room = make_room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is meant, and mark the response."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = str(scope["path"])
        if self._root and (path == self._root or path.startswith(f"{self._root}/")):
            path = path[len(self._root) :] or "/"
            scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "surrogatepass")}
        marked = _Marked(send)
        headers = Headers(scope=scope)
        refusal = self._refusal(path, headers)
        if refusal is not None:
            status, reason = refusal
            await PlainTextResponse(reason, status)(scope, receive, marked)
            return
        if path == _UPLOAD and self._make_room is not None:
            await run_in_threadpool(self._make_room)
        limit = self._largest_upload if path == _UPLOAD else self._largest_request
        await self._app(scope, _Limited(receive, limit), marked)

    def _refusal(self, path: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if "*" not in self._hosts and host_of(host) not in self._hosts:
            return 400, (
                f"This server doesn't go by the name {host[:100]!r}. Behind a reverse proxy, start "
                "it with the whole address: --root-path https://example.org/qa"
            )
        origin = headers.get("origin")
        if origin is not None and not self._is_own(origin, headers):
            return 403, "Requests from other sites are refused."
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") not in (
            "navigate",
            None,
        ):
            return 403, "Requests from other sites are refused."
        if _PATHS.fullmatch(path) is None or ".." in path:
            return 404, "There is nothing here."
        if path == _UPLOAD and not self._largest_upload:
            return 403, "Documents can’t be added here."
        length = headers.get("content-length", "0")
        limit = self._largest_upload if path == _UPLOAD else self._largest_request
        if not length.isascii() or not length.isdigit() or int(length) > limit:
            return 413, f"That is larger than the limit of {limit // 2**20} MiB."
        return None

    def _is_own(self, origin: str, headers: Headers) -> bool:
        scheme, _, authority = origin.partition("://")
        if scheme not in ("http", "https"):
            return False
        # A page of another site can't set X-Forwarded-Host; a reverse proxy does.
        forwarded = headers.get("x-forwarded-host", "").split(",")[0].strip().lower()
        own = {headers.get("host", "").lower(), forwarded, *self._origins}
        return authority.lower() in own - {""}


class _Limited:
    """A request's body, cut off where it is longer than it may be."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                return {"type": "http.disconnect"}
        return message


class _Marked:
    """Sends a response with the headers; a page is held back until its scripts are known."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._page: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(_HEADERS)
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
            headers["Content-Security-Policy"] = "; ".join((*_POLICY, "script-src 'self'"))
        elif message["type"] == "http.response.body" and self._start is not None:
            self._page.append(message.get("body", b""))
            if message.get("more_body"):
                return
            page = b"".join(self._page)
            MutableHeaders(scope=self._start)["Content-Security-Policy"] = "; ".join(
                (*_POLICY, _script_policy(page))
            )
            await self._send(self._start)
            self._start = None
            message = {"type": "http.response.body", "body": page}
        await self._send(message)
