"""Programs and assistants that ask the chat's server, and what they are given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import free_port, served
from doubles import Script
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from patience import PATIENCE, eventually
from written import WrittenLibrary

from qa import Library, Settings
from qa.errors import ServeError
from qa.llms import ScriptedChatModel
from qa.ui.serving import serve

pytestmark = pytest.mark.browser

Write = Callable[..., Path]


@pytest.fixture
def tides(write: Write, fast: Callable[..., Settings]) -> Library:
    """A library of one sentence, and a model that answers from it."""
    script = Script()
    script.answer = "12 cm"
    folder = write({"tides.txt": "The tide rose by 12 cm in Bergen."})
    return Library.open(folder, settings=fast(), llm=ScriptedChatModel(script))


def test_programs_ask_search_and_list(write: Write, tides: Library) -> None:
    from gradio_client import Client

    question = "By how much did the tide rise in Bergen?"
    with served(tides) as address:
        client = Client(address, verbose=False)
        try:
            answer = client.predict(question, api_name="/ask")
            expected = json.loads(tides.ask(question).to_json())
            assert {**answer, "timings": {}} == {**expected, "timings": {}}
            history = [{"question": "Which tide?", "answer": "The one in Bergen."}]
            assert client.predict(question, history, api_name="/ask")["status"] == "answered"
            (hit,) = client.predict("tide", 3, api_name="/search")
            assert hit == json.loads(json.dumps(tides.search("tide", 3)[0].to_dict()))
            assert hit["text"] == "The tide rose by 12 cm in Bergen."
            assert client.predict(api_name="/documents")[0]["document"] == "tides.txt"
            write({"birds.txt": "A gull slept."})
            listed = client.predict(api_name="/documents")
            assert [each["document"] for each in listed] == ["birds.txt", "tides.txt"]
            with pytest.raises(Exception, match="The question is empty"):
                client.predict(" ", api_name="/ask")
            endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
            assert set(endpoints) == {"/ask", "/search", "/documents"}
        finally:
            client.close()


def test_assistants_are_given_the_same_tools(
    tides: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def converse(address: str) -> tuple[dict[str, Any], Any]:
        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            question = "By how much did the tide rise in Bergen?"
            return tools, await session.call_tool("ask", {"question": question})

    # Playwright's loop runs in this thread.
    with served(tides, mcp=True) as address, ThreadPoolExecutor(1) as pool:
        tools, result = pool.submit(lambda: asyncio.run(converse(address))).result()
    assert set(tools) == {"ask", "search", "documents"}
    assert "verbatim quotes" in tools["ask"].description
    assert "12 cm" in result.content[0].text
    assert "tides.txt" in result.content[0].text


def test_without_the_extra_the_next_step_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ServeError, match=r"pip install '\.\[mcp\]'"):
        serve(WrittenLibrary(), port=free_port(), mcp=True)


def test_a_program_that_leaves_frees_the_model() -> None:
    library = WrittenLibrary()
    with served(library) as address, httpx.Client(base_url=address, trust_env=False) as client:
        call = client.post("/gradio_api/call/ask", json={"data": ["How high? wait", None]})
        with client.stream("GET", f"/gradio_api/call/ask/{call.json()['event_id']}"):
            eventually(lambda: library.asked == ["How high? wait"])
            assert not library.closed.wait(1)
        # Gradio looks every ten seconds whether anybody listens.
        assert library.closed.wait(PATIENCE)
