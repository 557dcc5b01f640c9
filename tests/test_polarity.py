from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.language.polarity import denies_asked, turns_around

ENGINE = "A steam engine often drives the pump, and the largest has two pistons."


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What does not often drive the pump?", ENGINE),
        ("What doesn’t drive the pump?", ENGINE),
        ("What never drives the pump?", ENGINE),
        ("What can a pump be driven without?", ENGINE),
        ("How many pistons has the smallest engine?", ENGINE),
        ("Who came last?", "Ada came first."),
        ("If it rains, what is not allowed?", "Riding is allowed."),
        ("Which country never joined?", "Five countries, the United States among them, joined."),
        ("What is the minimum speed?", "The maximum speed is 30 km/h."),
        ("Which engine has the fewest pistons?", "This one has the most pistons."),
    ],
)
def test_questions_that_turn_a_passage_around(question: str, text: str) -> None:
    assert turns_around(question, [text])


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What often drives the pump?", ENGINE),
        ("How many pistons has the largest engine?", ENGINE),
        # The passage says no as well, in these or in other words.
        ("What does not drive the pump?", "The mill does not drive the pump."),
        ("What couldn’t be driven?", "Nothing could drive the old pump."),
        ("Who did not allow it?", "The council’s refusal came in May."),
        ("Which engine has no pistons?", "The Wankel is a pistonless engine."),
        ("Which part was not hit?", "The roof was unaffected."),
        ("Who did not come?", "Absent: Ada Lindqvist."),
        ("When is the mill not open?", "Closed on Mondays."),
        ("Who doesn’t pay?", "Children are exempt from the fee."),
        ("Which fees aren’t paid back?", "The deposit is non-refundable."),
        ("Which gadgets aren’t allowed?", "Please leave phones and tablets at home."),
        ("What mustn’t I drink?", "Milk must be left out."),
        ("Where mustn’t I walk?", "Keep off the grass."),
        ("What can’t we bring?", "Drones are banned."),
        ("After what could she not sing any more?", "A cold put an end to her songs."),
        ("Since when isn’t it made?", "They stopped making it in 1990."),
        # What isn't meant is only told apart.
        ("Which effects are common, and not very common?", "Common: vivid dreams."),
        # Another word for the same end is said, too, or the end isn't meant.
        ("How deep is the biggest lake?", "The largest lake is Vann, the smallest Tarn."),
        ("Who arrived first last year?", "In 2019 Ada was the first to arrive."),
        ("Which towns have at least three bridges?", "Most towns have three bridges."),
        # That is no negation.
        ("Who lives at No. 10?", "Ada lives at number 10."),
        ("What is the invoice no?", "Invoice number 4711"),
        ("Why can’t I log in?", "Your account is locked after three attempts."),
        ("What happens if I do not pay in time?", "Overdue payments cost 5 crowns."),
        # What is supposed isn't what is asked.
        ("When will the pool be filled, if nothing leaks?", "It should be filled in May."),
        ("Now that we don't rent the hall, where is it held?", "It is held in the barn."),
        ("How thick must it be so it doesn't crack?", "It must be 2 cm thick."),
        ("Who pays, although it wasn't his fault?", "The tenant pays."),
        ("Who asked whether or not it runs?", "Ada asked if it runs."),
        ("Does it pump not only water but oil?", "It pumps water and oil."),
        # Both ends are there.
        ("Which came first?", "Ada came first and Bea last."),
        # An affirmed question may be answered by what is denied.
        ("What drives the pump?", "Not the mill but the engine drives the pump."),
        ("", ""),
    ],
)
def test_questions_that_do_not(question: str, text: str) -> None:
    assert not turns_around(question, [text])


@pytest.mark.parametrize(
    "text",
    [
        "The museum is left of the church, right outside the wall.",
        "Turn left, the pub is 20 m away.",
        "Keep your ticket and go out by door 3.",
        "She kept working at home.",
    ],
)
def test_what_is_left_or_away_denies_nothing(text: str) -> None:
    assert turns_around("Which door is not used?", [text])


def test_any_of_the_passages_may_say_it() -> None:
    assert not turns_around("Who did not come?", ["Ada came.", "Bea didn’t."])


@pytest.mark.parametrize(
    ("question", "text", "denied"),
    [
        ("Do I need to book?", "Foot passengers need no reservation.", True),
        ("Can I keep a cat?", "No cat may be kept here.", True),
        ("Is smoking allowed?", "Smoking is not allowed.", True),
        ("May books be kept longer?", "Books may not be kept for longer.", True),
        ("Do dogs pay?", "Dogs don’t pay.", True),
        ("May tenants keep dogs?", "Tenants may keep cats but not dogs.", True),
        # No of something else.
        ("Do you ship to Canada?", "We ship to Canada without extra fees.", False),
        ("Is the pool heated?", "The pool is heated, not the sauna.", False),
        ("Is parking free?", "No parking fee is charged.", False),
        ("Is parking free?", "There is no charge for parking.", False),
        ("Can members bring guests?", "Members may bring guests, but no dogs.", False),
        ("Was it opened in 1931?", "It was opened in 1931, and no tram has crossed it.", False),
        # Another clause than the one that says no.
        (
            "Can I cancel the contract online?",
            "You can cancel the contract online; no phone call is needed.",
            False,
        ),
        ("Is the pool heated?", "Open daily: the pool is heated (not the sauna).", False),
        ("Is the pool heated?", "The pool is heated – no extra fee.", False),
        ("Is the pool heated?", "The pool is heated. No wet dogs.", False),
        ("Is the pool open at 10:30?", "The pool isn’t open at 10:30.", True),
        ("Is smoking allowed?", "Smoking – even outside – is not allowed.", True),
        # What one clause denies another affirms, of as much as is asked.
        (
            "Is it allowed to park in front of the garage?",
            "Do not park on the lawn. Parking in front of the garage is allowed.",
            False,
        ),
        (
            "Is smoking allowed on the terrace?",
            "Smoking is not allowed indoors, but on the terrace smoking is allowed.",
            False,
        ),
        (
            "Is smoking allowed on the terrace?",
            "Smoking is allowed in the bar; on the terrace smoking is not allowed.",
            True,
        ),
        ("Is smoking allowed?", "Dogs are allowed, smoking is not allowed.", True),
        ("May members bring dogs?", "Members may bring guests. Dogs are not welcome.", False),
        ("May members bring dogs?", "Members may bring guests. No dogs.", True),
        ("Is parking allowed?", "Is parking allowed? No parking is allowed.", True),
        ("Is parking allowed?", "If parking is allowed, pay. Here parking is not allowed.", True),
        ("May I keep a cat?", "Tenants may not repaint walls.", False),
        # What only speaks of the same thing doesn't allow it.
        (
            "Can I smoke on the balcony?",
            "Do not smoke on the balcony, as smoking on the balcony costs 50 euros.",
            True,
        ),
        (
            "Can I park on the lawn?",
            "Do not park on the lawn: whoever parks on the lawn is fined.",
            True,
        ),
        ("Is there a lift?", "There is no lift, the lift was removed in 1990.", True),
        # Nor does what speaks of a place, where no is said of every place.
        ("Is there a lift in the mill?", "There is no lift. The mill’s lift was removed.", True),
        ("Can I smoke on the balcony?", "No smoking. Smoking on the balcony costs €50.", True),
        ("Can I smoke on the balcony?", "No smoking. You may smoke on the balcony.", False),
        (
            "Can I park on the lawn?",
            "Do not park on the lawn. Parking in front of the garage is allowed.",
            True,
        ),
        (
            "Can I park in front of the garage?",
            "Do not park on the lawn. Parking in front of the garage is allowed.",
            False,
        ),
        (
            "Is the pool heated in winter?",
            "The pool is not heated in summer. In winter the pool is heated.",
            False,
        ),
        # Two negations ask for it.
        ("Do I need a ticket?", "No entry without a ticket.", False),
        ("Do I need a helmet?", "Do not ride without a helmet.", False),
        ("Do I need a visa?", "You cannot travel without a visa.", False),
        ("Do I need a ticket to enter?", "Do not enter without a ticket.", False),
        ("Do I need a ticket?", "Children travel without a ticket.", True),
        ("Do I need a ticket?", "You need no ticket without luggage.", True),
        # "But" ends a clause.
        (
            "Does the warranty cover batteries?",
            "The warranty covers batteries but does not cover chargers.",
            False,
        ),
        (
            "Does the warranty cover chargers?",
            "The warranty covers batteries but does not cover chargers.",
            True,
        ),
        # The question says no itself.
        ("Does it work without a network?", "It works without a network.", False),
        ("Is smoking forbidden?", "Smoking is not allowed.", False),
        # No negations.
        ("Has it reached No. 1?", "It reached No. 1 in Germany.", False),
        ("Is Mira on the list?", "Not only Mira is.", False),
        ("", "", False),
    ],
)
def test_what_is_asked_may_be_denied(question: str, text: str, denied: bool) -> None:
    assert denies_asked(question, text) is denied


def test_a_long_text_without_questions_is_read_once() -> None:
    # It would take minutes, where what asks is looked for from every character on.
    assert not denies_asked("Are dogs allowed?", "a " * 30_000)


@given(st.text(max_size=80))
def test_a_text_never_turns_itself_around(text: str) -> None:
    assert not turns_around(text, [text])
