from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from checked import TEXTS, check, decides, evidence
from doubles import Reply
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from qa.checking.claims import YesNoSignals
from qa.checking.decider import constant_decision_prompt
from qa.checking.yes_no import weigh
from qa.llms import Message, Token
from qa.settings import YesNoModel
from qa.types import Evidence, Passage, Sentence


@pytest.mark.parametrize(
    ("draft", "yes", "no", "text", "cited"),
    [
        ("Yes. RM released the song", 0.97, 0.02, "Yes. RM released the song", [1]),
        ("Yes", 0.97, 0.02, "Yes.", [1]),
        ("No", 0.05, 0.9, "No.", [1]),
        # A draft that doesn't lean to either leaves it to the reading.
        ("", 1.0, 0.0, "Yes.", [1]),
        # A small model says yes to nearly everything: its no counts for more.
        ("No", 0.5, 0.45, "No.", [1]),
        # It stands in a passage that the reading didn't see.
        ("Yes. The album has eleven tracks", 0.97, 0.02, "Yes.", [1]),
        # A reason that the documents don't have isn't given.
        ("Yes. RM released 13 songs", 0.97, 0.02, "Yes.", [1]),
    ],
)
def test_a_reading_and_the_draft_decide_together(
    draft: str, yes: float, no: float, text: str, cited: list[int]
) -> None:
    (found,) = check(
        *([draft] if draft else []),
        question="Did RM release the song?",
        reading=decides(yes, no),
        ranked=(2, 1),
    )
    assert found.verdict == "supported"
    assert found.text == text
    assert [passage.number for passage in found.passages] == cited


@pytest.mark.parametrize(
    ("draft", "reading"),
    [
        # They contradict each other.
        ("Yes. RM released it", decides(0.0, 0.95)),
        ("No", decides(0.95, 0.0)),
        ("No", decides(0.99, 0.01)),
        # The passages leave it open, or the reader says neither.
        ("Yes", decides(0.3, 0.1)),
        ("No", decides(0.0, 0.2)),
        ("Yes", decides(0.0, 0.0)),
        ("Yes", ""),
        ("Yes", "Perhaps"),
        # It would rather say something else, however little is unclear.
        ("Yes", (Token("The", 0.97, (("The", 0.97), ("Yes", 0.02), ("No", 0.001))),)),
        ("No", (Token("**", 0.99, (("**", 0.99), ("Yes", 0.008), ("No", 0.001))),)),
        # It has more for yes, too little for a yes, and the draft none for no.
        ("RM released it", decides(0.7, 0.29)),
        ("Yes", decides(0.6, 0.39)),
    ],
)
def test_without_a_margin_neither_is_shown(draft: str, reading: Reply) -> None:
    found = check(draft, question="Did RM release it?", reading=reading)
    assert [claim.verdict for claim in found] == ["unsupported"]
    assert "too little" in found[0].reason


@pytest.mark.parametrize(("word", "answer"), [("Yes", "Yes."), ("no.", "No."), ("Unclear", None)])
def test_a_model_without_probabilities_is_taken_at_its_word(word: str, answer: str | None) -> None:
    said = (Token(word),)
    (found,) = check(word, question="Did RM release it?", reading=said, tokens=said)
    assert (found.text if found.verdict == "supported" else None) == answer


def test_the_reading_sees_the_closest_passages_in_their_order() -> None:
    prompts: list[Sequence[Message]] = []

    def reading(messages: Sequence[Message]) -> Reply:
        prompts.append(messages)
        return decides(0.97, 0.02)

    check("Yes. Kim plays", question="Does Kim play?", reading=reading, ranked=(4, 3, 1, 2))
    ((*constant, asked), *_) = prompts
    assert constant == constant_decision_prompt()
    seen = f"{TEXTS[0]} {TEXTS[2]} {TEXTS[3]}"
    assert asked.content == f"Passage: {seen}\nQuestion: Does Kim play?"


@pytest.mark.parametrize(("score", "reasoned"), [(0.4, True), (0.2, False)])
def test_a_reason_from_far_away_is_none(score: float, reasoned: bool) -> None:
    near, far, *_ = evidence("Did RM release the song?").passages
    read = Evidence("Did RM release the song?", (near, replace(far, score=score)), (1, 2))
    (found,) = check("Yes. The volcano erupted near Milano", reading=decides(0.97, 0.02), read=read)
    assert (found.text, [passage.number for passage in found.passages]) == (
        ("Yes. The volcano erupted near Milano", [2]) if reasoned else ("Yes.", [1])
    )


def test_an_item_is_weighed_with_the_line_that_leads_to_it() -> None:
    texts = ("We do not pay for:", "- War", "- Flood", "Call us.")
    passages = tuple(
        Passage(n, Sentence("a", n, 40 * n, 40 * n + len(t), t), "A", None, 0.9)
        for n, t in enumerate(texts, start=1)
    )

    def reading(messages: Sequence[Message]) -> Reply:
        denied = "not pay for: - Flood" in messages[-1].content
        return decides(*((0.05, 0.9) if denied else (0.9, 0.05)))

    (found,) = check(reading=reading, read=Evidence("Do you pay for a flood?", passages, (3,)))
    assert (found.text, [p.number for p in found.passages]) == ("No.", [1, 3])


def test_a_yes_or_no_is_cited_whole_where_less_doesn_t_bear_it() -> None:
    def reading(messages: Sequence[Message]) -> Reply:
        return decides(0.97, 0.02) if TEXTS[1] in messages[-1].content else decides(0.1, 0.1)

    (found,) = check("Yes", question="Did RM release the song?", reading=reading, ranked=(2, 1))
    assert (found.text, [passage.number for passage in found.passages]) == ("Yes.", [1, 2])


def test_a_yes_that_its_closest_passages_deny_is_not_shown() -> None:
    def reading(messages: Sequence[Message]) -> Reply:
        whole = TEXTS[1] in messages[-1].content
        return decides(1.0, 0.0) if whole else decides(0.0, 1.0)

    (found,) = check(
        question="Did RM release the song?", reading=reading, ranked=(2, 1), threshold=0.35
    )
    assert found.verdict == "unsupported"
    assert "closest alone say otherwise" in found.reason


def test_documents_that_say_less_of_what_is_named_have_no_say() -> None:
    said = (
        ("keys.md", "The rest are in Rusty tins."),
        ("trip.md", "The Mill House has four bedrooms."),
        ("trip.md", "Rusty must stay at home."),
    )
    passages = tuple(
        Passage(n, Sentence(name, 10 * n, 0, len(text), text), "T", None, 1.0 - n / 10)
        for n, (name, text) in enumerate(said, start=1)
    )
    read = Evidence("Is Rusty allowed at the Mill House?", passages, (1, 2, 3))

    def reading(messages: Sequence[Message]) -> Reply:
        assert "tins" not in messages[-1].content
        return decides(0.05, 0.9)

    (found,) = check("No", reading=reading, read=read)
    assert found.verdict == "supported"
    assert {passage.sentence.document for passage in found.passages} == {"trip.md"}
    # Where each names as much, each is read.
    (found,) = check("No", reading=decides(0.05, 0.9), read=replace(read, question="Is it Rusty?"))
    assert {passage.sentence.document for passage in found.passages} == {"keys.md", "trip.md"}


@pytest.mark.parametrize("draft", ["Yes. Guests need no ticket", "Yes"])
def test_a_yes_with_a_quote_that_says_no_is_not_shown(draft: str) -> None:
    (passage, *_) = evidence().passages
    text = "Guests need no ticket."
    said = replace(passage, sentence=replace(passage.sentence, text=text))
    read = Evidence("Do guests need a ticket?", (said,), (1,))
    (found,) = check(draft, reading=decides(0.97, 0.02), read=read)
    assert found.verdict == "unsupported"
    assert found.reason.endswith("they deny it.")
    (found,) = check("No. Guests need no ticket", reading=decides(0.05, 0.9), read=read)
    assert found.verdict == "supported"


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("Does the gym have a sauna?", False),
        ("Is there a sauna?", False),
        ("Are there any showers in the gym?", False),
        ("Do I need Wi-Fi?", False),
        ("Has the gym got ropes of its own?", True),
        ("Does the gym have any rope?", True),
        ("Is there a gym?", True),
        ("Will there be ropes, too?", True),
        ("Is there a way to hire ropes?", True),
    ],
)
def test_of_what_nothing_speaks_nobody_knows_whether_there_is_any(
    question: str, shown: bool
) -> None:
    text = "The gym closes at 18:00; ropes can be hired."
    passage = Passage(1, Sentence("a.md", 1, 0, len(text), text), "Rules", None, 0.9)
    read = Evidence(question, (passage,), (1,))
    (found,) = check("No", reading=decides(0.05, 0.9), read=read)
    assert (found.verdict == "supported") == shown
    assert shown or "but they don’t speak of “" in found.reason


@pytest.mark.parametrize(
    ("question", "text", "shown"),
    [
        ("Does Osk lend its boats?", "The harbour of Osk has a steel crane and a bell.", False),
        ("Can I bring a friend?", "The gym closes at 18:00.", False),
        # It says something else of what is asked, denies it, or what it allows is all.
        ("Was the hall built by Holt?", "The hall was built by Rehn.", True),
        ("Can I pay by card?", "Cash only.", True),
        ("May I climb barefoot?", "Shoes must be worn in the hall.", True),
        ("Are dogs welcome?", "No pets.", True),
        ("Is it open on Monday?", "Tuesday to Sunday from 10 to 17.", True),
        ("Does it cost more than 50 euros?", "The price is 20 euros.", True),
        ("Is Rex a cat?", "Rex is a dog.", True),
        ("Did Lund win?", "Lund lost to Osk.", True),
    ],
)
def test_a_no_is_taken_from_what_speaks_of_it(question: str, text: str, shown: bool) -> None:
    passage = Passage(1, Sentence("a.md", 1, 0, len(text), text), "Notes", None, 0.9)
    read = Evidence(question, (passage,), (1,))
    (found,) = check("No", reading=decides(0.05, 0.9), read=read)
    assert (found.verdict == "supported") == shown
    assert shown or found.reason.endswith("they say nothing about what is asked.")


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("Is Ferrow Ada’s first stone bridge?", False),
        ("Is Ferrow Ada’s second stone bridge?", True),
        ("Is Ferrow Ada’s first bridge?", False),
        ("Does Ferrow have twelve arches?", False),
        ("Does Ferrow have 11 arches?", True),
        ("Does Ferrow have more than ten arches?", True),
        # Nothing is told of how many it has of those, or of that bridge.
        ("Does Ferrow have twelve stone benches?", True),
        ("Does Belmont have twelve arches?", True),
        ("Has it got twelve arches?", False),
        ("Has it got arches?", True),
    ],
)
def test_a_yes_to_another_number_is_not_shown(question: str, shown: bool) -> None:
    text = "Ada’s second stone bridge, Ferrow, will have eleven arches."
    passage = Passage(1, Sentence("a.md", 1, 0, len(text), text), "News", None, 0.9)
    read = Evidence(question, (passage,), (1,))
    (found,) = check("Yes", reading=decides(0.97, 0.02), read=read)
    assert (found.verdict == "supported") == shown
    assert shown or found.reason.endswith("give another number.")
    (found,) = check("No", reading=decides(0.05, 0.9), read=read)
    assert found.verdict == "supported"


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("Are dogs allowed in the hut?", False),
        ("Are dogs allowed in the flat?", True),
        ("Are dogs allowed in the flats?", True),
        # Its heading or its title may say where.
        ("Are dogs allowed in my new lease?", True),
        # No document speaks of it: what holds everywhere holds there.
        ("Are dogs allowed on the terrace?", True),
        # No place.
        ("Are dogs allowed at night?", True),
        ("Are dogs allowed in the evening?", True),
        ("Are dogs allowed?", True),
    ],
)
def test_a_place_that_only_another_document_speaks_of_is_not_answered(
    question: str, shown: bool
) -> None:
    passages = tuple(
        Passage(number, Sentence(document, 1, 0, len(text), text), title, None, score)
        for number, document, title, text, score in (
            (1, "lease.md", "Lease", "No dogs may be kept in the flat.", 0.9),
            (2, "trek.md", "Trek", "The hut sleeps 22.", 0.8),
        )
    )
    read = Evidence(question, passages, (1, 2))
    (found,) = check("No", reading=decides(0.05, 0.9), read=read)
    assert (found.verdict == "supported") == shown
    assert shown or "they don’t speak of “the" in found.reason


@pytest.mark.parametrize(
    ("question", "text", "answer", "shown"),
    [
        ("I hired ropes. Is there a sauna?", "The gym closes at 18:00; it has ropes.", "No", False),
        ("I have a dog. Does Osk take cards?", "Dogs are welcome in the garden.", "No", False),
        ("I have no ticket. Do guests need a ticket?", "Guests need no ticket.", "Yes", False),
        ("I have two dogs. May I bring them?", "You may bring up to four dogs.", "Yes", True),
    ],
)
def test_objections_are_to_what_is_asked_not_to_what_is_told_before(
    question: str, text: str, answer: str, shown: bool
) -> None:
    passage = Passage(1, Sentence("a.md", 1, 0, len(text), text), "Notes", None, 0.9)
    reading = decides(0.97, 0.02) if answer == "Yes" else decides(0.02, 0.97)
    (found,) = check(answer, reading=reading, read=Evidence(question, (passage,), (1,)))
    assert (found.verdict == "supported") == shown


def test_what_is_said_beyond_yes_or_no_is_checked_too() -> None:
    found = check(
        "Yes. RM released the song",
        "Aliens built it in 1850.",
        question="Did RM release the song?",
        reading=decides(0.97, 0.02),
        ranked=(1,),
    )
    assert [claim.verdict for claim in found] == ["supported", "unsupported"]


def test_yes_or_no_needs_evidence() -> None:
    assert check(question="Did RM release it?", ranked=()) == ()
    (found,) = check("Yes", question="Did RM release it?", ranked=())
    assert found.verdict == "unsupported"


SURE = YesNoSignals(yes=0.97, no=0.02, unclear=0.01, drafted_yes=0.9, drafted_no=0.05)


def test_the_weights_are_settings() -> None:
    question, reading = "Did RM release the song?", decides(0.97, 0.02)
    (found,) = check("Yes", question=question, reading=reading)
    assert found.verdict == "supported"
    strict = YesNoModel(yes=-20.0)
    (found,) = check("Yes", question=question, reading=reading, weights=strict)
    assert (found.verdict, "too little" in found.reason) == ("unsupported", True)
    # The reading's side is turned by no other weight.
    assert weigh(SURE, strict) == ("Yes", pytest.approx(0.0, abs=1e-3))
    assert weigh(SURE, YesNoModel(yes_from=10.0))[0] == "No"


def test_what_was_read_is_kept_with_the_decision() -> None:
    (found,) = check("Yes", question="Did RM release it?", reading=decides(0.7, 0.2))
    signals = found.signals
    assert isinstance(signals, YesNoSignals)
    assert (signals.yes, signals.no) == (0.7, 0.2)
    assert found.support == weigh(signals, YesNoModel())[1]


@pytest.mark.parametrize("name", YesNoModel.model_fields)
def test_no_weight_is_too_large(name: str) -> None:
    for value in (-1000.0, 1000.0):
        with contextlib.suppress(ValidationError):
            model = YesNoModel.model_validate({name: value})
            assert 0.0 <= weigh(SURE, model)[1] <= 1.0
    with pytest.raises(ValidationError):
        YesNoModel.model_validate({name: 1e300})


UNIT = st.floats(0.0, 1.0)


SIDES = st.floats(-1000.0, 1000.0)
WEIGHTS = st.floats(0.0, 1000.0)


@given(
    st.builds(YesNoSignals, UNIT, UNIT, UNIT, UNIT, UNIT),
    UNIT,
    st.just(YesNoModel())
    | st.builds(
        YesNoModel,
        yes=SIDES,
        no=SIDES,
        clear=WEIGHTS,
        read=WEIGHTS,
        drafted=WEIGHTS,
        yes_from=SIDES,
    ),
)
def test_more_that_is_unclear_never_makes_an_answer_surer(
    signals: YesNoSignals, unclear: float, model: YesNoModel
) -> None:
    more = replace(signals, unclear=max(signals.unclear, unclear))
    side, support = weigh(signals, model)
    assert weigh(more, model)[0] == side
    assert weigh(more, model)[1] <= support + 1e-12
    assert 0.0 <= support <= 1.0


@pytest.mark.parametrize(
    ("weight", "signals", "side"),
    [
        ("yes", YesNoSignals(0.97, 0.02, 0.01, 0.9, 0.1), "Yes"),
        ("no", YesNoSignals(0.1, 0.89, 0.01, 0.3, 0.7), "No"),
        ("clear", YesNoSignals(0.97, 0.02, 0.01, 0.9, 0.1), "Yes"),
        ("read", YesNoSignals(0.1, 0.89, 0.01, 0.3, 0.7), "No"),
        ("drafted", YesNoSignals(0.97, 0.02, 0.01, 0.9, 0.1), "Yes"),
    ],
)
def test_each_weight_makes_an_answer_surer(weight: str, signals: YesNoSignals, side: str) -> None:
    model = YesNoModel()
    more = model.model_copy(update={weight: getattr(model, weight) + 0.5})
    assert weigh(signals, model)[0] == weigh(signals, more)[0] == side
    assert weigh(signals, more)[1] > weigh(signals, model)[1] + 0.01


def test_where_yes_begins_is_a_weight() -> None:
    signals = YesNoSignals(0.8, 0.15, 0.05, 0.9, 0.1)
    assert weigh(signals, YesNoModel())[0] == "Yes"
    assert weigh(signals, YesNoModel(yes_from=2.0))[0] == "No"
