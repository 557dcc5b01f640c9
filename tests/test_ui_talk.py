from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from written import DOCUMENTS, WrittenLibrary

from qa.ui.desk import Desk
from qa.ui.shelf import Shelf
from qa.ui.talk import Talk

REQUEST: Any = SimpleNamespace(username=None, session_hash="a page")


def asked(question: str) -> Any:
    return SimpleNamespace(_data={"question": question})


def talk_over(library: WrittenLibrary) -> Talk:
    return Talk(library, Desk(library, at_once=2), Shelf(library))


def test_a_question_asked_beside_another_takes_its_place() -> None:
    library = WrittenLibrary()
    talk = talk_over(library)
    first = talk.answer((), "", "", "", asked("How high? wait"), REQUEST)
    conversation = next(first)[2]
    assert conversation[-1].pending
    second = list(talk.answer(conversation, "", "", "", asked("How low?"), REQUEST))
    told = [each.question for each in second[-1][2]]
    assert told == ["How high? wait", "How low?"]
    # The first ends without a word more, and frees the model.
    library.may_end.set()
    assert all("stop_btn" not in str(values[3]) for values in first)
    assert library.closed.wait(30)


def test_another_page_s_question_goes_on() -> None:
    library = WrittenLibrary()
    talk = talk_over(library)
    other: Any = SimpleNamespace(username=None, session_hash="another page")
    first = talk.answer((), "", "", "", asked("How high? wait"), REQUEST)
    next(first)
    list(talk.answer((), "", "", "", asked("How low?"), other))
    library.may_end.set()
    assert list(first)[-1][2][-1].answer is not None


def test_suggestions_are_made_once_for_a_state_of_the_library() -> None:
    library = WrittenLibrary()
    talk = talk_over(library)
    talk.hello()
    made = talk._suggested
    talk.hello()
    assert talk._suggested is made
    library.documents = dict(list(DOCUMENTS.items())[:1])
    talk.hello()
    assert talk._suggested is not made
