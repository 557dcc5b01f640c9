"""The page in Chromium: its filters act, its script is allowed, nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eval_doubles import record, run_of

from eval.page import write_page

pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def page(tmp_path: Path, browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    bad = {"outcome": "wrong", "score": -1}
    run = run_of(
        record(case_id="one", question="Who <b>sat</b>?"),
        record(case_id="two", **bad),
        record("copy", case_id="one", **bad),
        record("copy", case_id="two", faults=("marker [9] leads nowhere",), **bad),
    )
    path = write_page(run, tmp_path / "run.html")
    opened = browser.new_page(color_scheme=request.param)
    said: list[str] = []
    requested: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda asked: requested.append(asked.url))
    opened.goto(path.as_uri())
    yield opened
    assert said == []
    assert requested == [path.as_uri()]
    opened.close()


def test_filters_show_what_they_say(page: Any) -> None:
    def seen() -> list[str]:
        return [c.inner_text() for c in page.query_selector_all(".case:not([hidden]) code")]

    assert seen() == ["one", "two"]
    page.select_option("select[name=outcome]", "correct")
    assert seen() == ["one"]
    page.select_option("select[name=system]", "copy")
    assert seen() == []
    assert page.inner_text("output") == "0 of 2 cases"
    page.select_option("select[name=outcome]", "inexact")
    assert seen() == ["two"]
    page.select_option("select[name=outcome]", "")
    page.check("input[name=differ]")
    assert seen() == ["one"]
    page.fill("input[name=words]", "WHO <B>SAT")
    assert seen() == ["one"]
    page.fill("input[name=words]", "nowhere to be found")
    assert seen() == []


def test_a_case_opens_and_shows_its_text_as_text(page: Any) -> None:
    page.click(".case > summary")
    assert page.is_visible(".case[open] blockquote")
    assert page.inner_text(".case[open] .question") == "Who <b>sat</b>?"
    narrow = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert narrow
