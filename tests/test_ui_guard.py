from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from qa.ui.guard import Guard, host_of

PAGE = "<html><script>let a = 1;</script><script src='x.js'></script></html>"


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    response: Response = PlainTextResponse(f"{request.url.path} {len(await request.body())}")
    if request.url.path == "/":
        response = HTMLResponse(PAGE)
    await response(scope, receive, send)


def ask(
    path: str = "/config",
    headers: dict[str, str] | None = None,
    body: tuple[bytes, ...] = (),
    **options: Any,
) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of the reply to a request."""
    given = {"hosts": ["127.0.0.1", "localhost", "[::1]"], "largest_upload": 100}
    guard = Guard(inner, **{**given, "largest_request": 10, **options})
    sent: list[Any] = []
    pieces = list(body) or [b""]

    async def receive() -> Any:
        if not pieces:
            return {"type": "http.disconnect"}
        part = pieces.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    fields = {"host": "127.0.0.1:7860", **(headers or {})}
    scope = {
        "type": "http",
        "method": "POST" if body else "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 7860),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }
    asyncio.run(guard(scope, receive, send))
    back = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    text = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], back, text.decode()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/config", "/theme.css", "/assets/index-Ab_1.js", "/static/fonts/a/b.woff2"),
        *("/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/upload"),
        *("/gradio_api/heartbeat/ab12", "/gradio_api/call/ask", "/gradio_api/call/ask/ab12"),
        *("/gradio_api/component_server", "/gradio_api/info", "/login", "/logout"),
        *("/gradio_api/mcp/", "/gradio_api/run/ask"),
    ],
)
def test_what_the_page_and_programs_use_is_passed_on(path: str) -> None:
    assert ask(path)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/gradio_api/file=/etc/passwd", "/gradio_api/file/etc/passwd", "/file=/etc/passwd"),
        *("/gradio_api/proxy=http://evil.example/", "/monitoring", "/monitoring/summary"),
        *("/gradio_api/custom_component/a/b/c/d", "/gradio_api/stream/a/1/2/playlist.m3u8"),
        *("/gradio_api/process_recording", "/gradio_api/vibe-edit", "/gradio_api/dev/reload"),
        *("/assets/../../etc/passwd", "/static/..%2f..", "/docs", "/openapi.json", "//etc"),
        *("/gradio_api/deep_link", "/gradio_api/runs", "/gradio_api/profiling/traces"),
    ],
)
def test_what_nobody_needs_is_not_there(path: str) -> None:
    assert ask(path)[0] == 404


def test_where_nothing_may_be_added_nothing_is_taken_in() -> None:
    assert ask("/gradio_api/upload", body=(b"x",), largest_upload=0)[0] == 403
    assert ask("/gradio_api/upload", body=(b"x",))[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:80"])
def test_other_hosts_are_refused(host: str) -> None:
    assert ask(headers={"host": host})[0] == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:7860"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://localhost:7860"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "file://127.0.0.1:7860"}, 403),
        ({"origin": "https://docs.example", "x-forwarded-host": "docs.example"}, 200),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
    ],
)
def test_other_origins_are_refused(headers: dict[str, str], status: int) -> None:
    assert ask(headers=headers)[0] == status


def test_the_address_of_a_reverse_proxy_is_let_in() -> None:
    options: dict[str, Any] = {"hosts": ["docs.example"], "origins": ["docs.example:8443"]}
    headers = {"host": "docs.example", "origin": "https://docs.example:8443"}
    assert ask(headers=headers, **options)[0] == 200


@pytest.mark.parametrize("path", ["/qa/config", "/config"])
def test_the_root_path_may_be_left_on_or_taken_off(path: str) -> None:
    assert ask(path, root_path="/qa")[2] == "/config 0"
    assert ask("/qa", root_path="/qa")[2] == PAGE
    assert ask("/qaconfig", root_path="/qa")[0] == 404


def test_sizes_are_limited_whatever_is_declared() -> None:
    assert ask(body=(b"x" * 10,))[2] == "/config 10"
    assert ask(headers={"content-length": "11"}, body=(b"x",))[0] == 413
    assert ask(headers={"content-length": "-1"}, body=(b"x",))[0] == 413
    assert ask("/gradio_api/upload", {"content-length": "100"}, (b"x" * 100,))[0] == 200
    assert ask("/gradio_api/upload", {"content-length": "101"}, (b"x",))[0] == 413
    with pytest.raises(ClientDisconnect):
        ask(body=(b"x" * 6, b"x" * 6))


def test_only_the_page_s_own_scripts_may_run() -> None:
    _, headers, text = ask("/")
    assert text == PAGE
    digest = base64.b64encode(hashlib.sha256(b"let a = 1;").digest()).decode()
    policy = headers["content-security-policy"]
    assert f"script-src 'self' 'unsafe-eval' 'sha256-{digest}'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert "default-src 'self'" in policy
    _, headers, _ = ask("/config")
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert ask("/nothing")[1]["x-frame-options"] == "DENY"


def test_the_host_of_an_authority() -> None:
    assert host_of("LocalHost:80") == "localhost"
    assert host_of("[::1]:80") == "[::1]"


def test_room_is_made_before_each_upload_and_for_nothing_else() -> None:
    made: list[str] = []
    ask("/config", make_room=lambda: made.append("config"))
    ask("/gradio_api/upload", {"content-length": "200"}, make_room=lambda: made.append("too large"))
    assert made == []
    ask("/gradio_api/upload", body=(b"x",), make_room=lambda: made.append("upload"))
    assert made == ["upload"]
