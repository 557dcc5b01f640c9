from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import BusyError
from qa.ui.line import Line


def test_one_at_a_time_in_the_order_of_arrival() -> None:
    line = Line()
    first, second, third = (line.enter(name) for name in "abc")
    assert [ticket.ahead() for ticket in (first, second, third)] == [0, 1, 2]
    assert first.wait(0)
    assert not second.wait(0)
    first.leave()
    first.leave()
    assert second.wait(0)
    assert third.ahead() == 1
    second.leave()
    assert third.wait(0)


def test_several_at_once() -> None:
    line = Line(at_once=2)
    tickets = [line.enter(name) for name in "abc"]
    assert [ticket.wait(0) for ticket in tickets] == [True, True, False]


def test_a_person_with_many_questions_delays_another_by_one() -> None:
    line = Line()
    many = [line.enter("program") for _ in range(5)]
    one = line.enter("reader")
    assert one.ahead() == 1
    many[0].leave()
    assert one.wait(0)
    assert [ticket.ahead() for ticket in many[1:]] == [1, 2, 3, 4]


def test_nobody_waits_for_ever() -> None:
    line = Line()
    waiting = [line.enter("program") for _ in range(3)]
    last = waiting[-1]
    for number in range(30):
        waiting.append(line.enter(f"reader {number}"))
        served = next(each for each in waiting if each.wait(0))
        if served is last:
            return
        waiting.remove(served)
        served.leave()
    pytest.fail("the program's last question was never served")


def test_a_full_line_says_so() -> None:
    line = Line(places=4)
    line.enter("a")
    line.enter("a")
    with pytest.raises(BusyError, match="1 of your questions"):
        line.enter("a")
    for name in "bcd":
        line.enter(name)
    with pytest.raises(BusyError, match="4 questions are waiting"):
        line.enter("e")


def test_whoever_waits_is_woken() -> None:
    line = Line()
    first, second = line.enter("a"), line.enter("b")
    came: list[bool] = []
    waiter = threading.Thread(target=lambda: came.append(second.wait(30)))
    waiter.start()
    first.leave()
    waiter.join(30)
    assert came == [True]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 7)), max_size=40))
def test_the_places_are_always_the_order_of_service(moves: list[tuple[str, int]]) -> None:
    line = Line(at_once=1, places=100)
    tickets = []
    for person, leaver in moves:
        tickets.append(line.enter(person))
        if leaver < len(tickets):
            tickets.pop(leaver).leave()
        assert sorted(ticket.ahead() for ticket in tickets) == list(range(len(tickets)))
