from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace

import pytest
from checked import TEXTS, check, decides, evidence, yes_no
from doubles import Reply
from hypothesis import given
from hypothesis import strategies as st

from qa.checking.checker import (
    CHECK_EXAMPLES,
    CHECK_INSTRUCTIONS,
    check_prompt,
    constant_check_prompt,
    under_headings,
)
from qa.checking.claims import Signals
from qa.errors import ModelUnavailableError
from qa.llms import Message, Token
from qa.settings import SupportModel
from qa.types import Evidence, Passage, Sentence
from qa.verification import support as support_by

UNIT = st.floats(0, 1)
SIGNALS = st.builds(Signals, UNIT | st.none(), UNIT | st.none(), *[UNIT] * 6)


def support(signals: Signals) -> float:
    return support_by(signals, SupportModel())


@given(SIGNALS, st.sampled_from([field.name for field in fields(Signals)]), UNIT)
def test_support_rises_with_every_signal(signals: Signals, name: str, value: float) -> None:
    before: float | None = getattr(signals, name)
    if before is None:
        before = value
        signals = replace(signals, **{name: before})
    lower, higher = sorted([before, value])
    assert (
        0.0
        <= support(replace(signals, **{name: lower}))
        <= support(replace(signals, **{name: higher}))
        <= 1.0
    )


def test_support_tells_the_best_from_the_worst() -> None:
    assert support(Signals(*[1.0] * 8)) > 0.8
    assert support(Signals(*[0.0] * 8)) < 0.1
    unread, refuted = (Signals(check, *[1.0] * 7) for check in (None, 0.0))
    assert support(refuted) < support(unread)


@pytest.mark.parametrize(("intercept", "expected"), [(-1e9, 0.0), (1e9, 1.0)])
def test_any_weights_give_a_support(intercept: float, expected: float) -> None:
    model = SupportModel(intercept=intercept)
    assert support_by(Signals(*[1.0] * 8), model) == pytest.approx(expected)


def test_a_true_claim_is_supported_at_its_place() -> None:
    (claim,) = check("May 10", question="When did RM release the song?")
    assert claim.verdict == "supported"
    assert [passage.number for passage in claim.passages] == [1]
    assert claim.signals is not None
    assert claim.signals == Signals(1.0, 0.9, 0.8, 1.0, 1.0, 1.0, 1.0, 0.0)
    assert claim.support == support(claim.signals)


@pytest.mark.parametrize(
    "claim",
    [
        "The volcano erupted near Milano",
        "piano",
        "Milano",
        "No. The volcano erupted",
        "Yes. Kim plays the piano.",
        "5.8 million",
        "Eleven",
        "11 tracks",
    ],
)
def test_words_of_the_documents_pass_the_exact_gate(claim: str) -> None:
    (found,) = check(claim, threshold=0.0)
    assert found.verdict == "supported", found.reason


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("a unicorn", "None of its words"),
        ("世界", "None of its words"),
        ("RM released the song on May 13", "don’t have 13"),
        ("RM released the song on June 10", "don’t have June"),
        ("The volcano erupted near Napoli at 9 am", "don’t have Napoli"),
        ("The album has 12 tracks", "don’t have 12"),
        ("the song was written by lonely shepherds", "of its words stand"),
        ("Yes. RM released the song on May 13", "don’t have 13"),
    ],
)
def test_what_the_documents_do_not_say_never_reaches_the_second_gate(
    claim: str, reason: str
) -> None:
    asked: list[Sequence[Message]] = []

    def reading(messages: Sequence[Message]) -> str:
        asked.append(messages)
        return "Yes"

    (found,) = check(claim, reading=reading, threshold=0.0)
    assert (found.verdict, found.support, found.signals) == ("unsupported", 0.0, None)
    assert reason in found.reason
    assert asked == []


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("Yes", 1.0),
        ("No", 0.0),
        ("yes, it does", 1.0),
        (yes_no(0.6, 0.2), 0.75),
        (yes_no(0.1, 0.3), 0.25),
        ((Token("Yes"),), 1.0),
        ((Token("No."),), 0.0),
        ((Token("Perhaps"),), None),
        ((Token("Perhaps", 0.9, (("Perhaps", 0.9),)),), None),
        ("", None),
        ((), None),
    ],
)
def test_the_second_reading(reading: Reply, expected: float | None) -> None:
    (claim,) = check("May 10", reading=reading)
    assert claim.signals is not None
    assert claim.signals.check == (None if expected is None else pytest.approx(expected))


def test_a_sceptical_reading_drops_a_claim_that_stands_there() -> None:
    (claim,) = check("May 10", reading=yes_no(0.01, 0.98), threshold=0.35)
    assert claim.verdict == "unsupported"
    assert claim.passages
    assert "too little" in claim.reason


def test_the_threshold_decides() -> None:
    (claim,) = check("May 10", threshold=0.0)
    (same,) = check("May 10", threshold=claim.support)
    (dropped,) = check("May 10", threshold=math.nextafter(claim.support, 2))
    assert [claim.verdict, same.verdict, dropped.verdict] == ["supported"] * 2 + ["unsupported"]


@pytest.mark.parametrize(
    ("question", "claim", "verdict"),
    [
        ("Who plays the piano?", "piano", "unsupported"),
        ("What sold copies in Japan?", "in Japan", "unsupported"),
        # It is a word that the question doesn't have, though one of grammar.
        ("What sold copies in Japan?", "It", "supported"),
        ("Does Kim play it, guitar or piano?", "piano", "supported"),
        ("Between guitar and piano, which does Kim play?", "piano", "supported"),
        ("Spielt Kim Gitarre oder piano?", "piano", "supported"),
        ("Kim joue de la guitare ou du piano?", "piano", "supported"),
        ("Kim suona la chitarra o il piano?", "piano", "supported"),
    ],
)
def test_words_of_the_question_alone_answer_nothing(
    question: str, claim: str, verdict: str
) -> None:
    (found,) = check(claim, question=question, threshold=0.0)
    assert found.verdict == verdict


@pytest.mark.parametrize("claim", ["Yes", "no.", "No!"])
def test_a_bare_yes_answers_no_other_question(claim: str) -> None:
    (found,) = check(claim, question="When did RM release the song?", threshold=0.0)
    assert (found.verdict, found.passages) == ("unsupported", ())


def test_what_a_list_denies_is_cited_with_the_line_above_it() -> None:
    texts = ("We do not pay for:", "- War", "- Flood")
    passages = tuple(
        Passage(n, Sentence("a", n, 40 * n, 40 * n + len(t), t), "A", None, 0.9)
        for n, t in enumerate(texts, start=1)
    )
    cited = []
    for question in ("What do you not pay for?", "What do you pay for?"):
        (found,) = check("War, flood", read=Evidence(question, passages, (2, 3)))
        cited.append([passage.number for passage in found.passages])
    # Whatever is asked, the reader and the check see what the items are.
    assert cited == [[1, 2, 3], [1, 2, 3]]


@pytest.mark.parametrize("claim", ["No copies", "No tracks", "no album", "No-one plays the piano"])
def test_a_denial_is_no_answer_no(claim: str) -> None:
    (found,) = check(claim, threshold=0.0)
    assert (found.verdict, found.signals) == ("unsupported", None)
    assert "passages don’t have" in found.reason
    # Nor is it the reason of one.
    (found,) = check(claim, question="Did Kim play?", reading=decides(0.1, 0.9), ranked=(1,))
    assert found.text == "No."


@pytest.mark.parametrize(
    "claim", ["No, Kim plays", "No – Kim plays", "No the album", "No: the piano", "Yes Kim plays"]
)
def test_a_yes_or_no_needs_no_place(claim: str) -> None:
    (found,) = check(claim, threshold=0.0)
    assert found.verdict == "supported", found.reason


@pytest.mark.parametrize(
    ("text", "heading", "question", "supported"),
    [
        ("Herrn Joris Pettersen", "", "Wer ist der Bürgermeister von Lindenau?", False),
        ("Joris Pettersen", "", "Who is the mayor?", False),
        ("Joris Pettersen", "Council", "Who is the mayor?", True),
        ("Mayor Joris Pettersen", "", "Who is the mayor?", True),
        ("Chair: Joris Pettersen", "", "Who is the mayor?", True),
        ("Joris Pettersen governs", "", "Who is the mayor?", True),
        ("- Joris Pettersen", "", "Who is the mayor?", True),
    ],
)
def test_a_bare_name_states_nothing(
    text: str, heading: str, question: str, supported: bool
) -> None:
    passage = Passage(1, Sentence("a", 0, 0, len(text), text, heading=heading), "A", None, 0.5)
    (claim,) = check("Joris Pettersen", read=Evidence(question, (passage,), (1,)), threshold=0.0)
    assert (claim.verdict == "supported") is supported
    assert supported or "bare names" in claim.reason


@pytest.mark.parametrize(
    ("question", "repeats"),
    [
        ("Which of RM and Jimin released the song?", False),
        ("Which of the two singers, RM and Jimin, released the song?", False),
        ("Between RM and Jimin, who released the song?", False),
        ("Was it RM or Jimin?", False),
        ("When did RM and Jimin release the song?", True),
        ("Which song did RM release?", True),
    ],
)
def test_only_what_was_to_be_chosen_may_be_said_again(question: str, repeats: bool) -> None:
    (claim,) = check("RM", question=question)
    assert ("repeats" in claim.reason) is repeats


@pytest.mark.parametrize(
    ("question", "names", "numbers"),
    [
        ("when was it released?", 1.0, 1.0),
        ("when did RM release it?", 1.0, 1.0),
        ("when did Jimin release it?", 0.0, 1.0),
        ("when did RM and Jimin release it?", 0.5, 1.0),
        ("when did he release it in 1999?", 1.0, 0.0),
        ("when did Jimin release 58 and 5.8 songs?", 0.0, 0.5),
        ("when was the Milano Treaty of 1999?", 1.0, 0.0),
        ("when was the Berlin Treaty of 58?", 0.0, 0.0),
        ("when was the Berlin Treaty of 5.8?", 0.0, 1.0),
        # The number says which of them is meant.
        ("when was the Milano Treaty 3 signed?", 1.0, 0.0),
        # The title and the sentences around tell what a passage speaks of.
        ("when did he release it near Milano for Songs?", 1.0, 1.0),
    ],
)
def test_names_and_numbers_of_the_question(question: str, names: float, numbers: float) -> None:
    (claim,) = check("May 10", question=question)
    assert claim.signals is not None
    assert (claim.signals.names, claim.signals.numbers) == (names, numbers)


@pytest.mark.parametrize(
    ("question", "threshold", "reason"),
    [
        ("When did RM not release the song?", 0.9, "asks for the opposite"),
        ("When did Jimin release the song?", 0.95, "don’t speak of all"),
        ("When did RM release the song?", 1.0, "too little to be sure"),
    ],
)
def test_why_a_claim_isn_t_shown(question: str, threshold: float, reason: str) -> None:
    (claim,) = check("May 10", question=question, threshold=threshold)
    assert claim.verdict == "unsupported"
    assert reason in claim.reason


def test_similarity_below_zero_counts_as_none() -> None:
    (claim,) = check("May 10", similarity=-0.5)
    assert claim.signals is not None
    assert claim.signals.similarity == 0.0


def test_each_claim_gets_its_own_verdict_in_order() -> None:
    found = check("RM released the song on May 10.", "It sold 6 million copies.", threshold=0.0)
    assert [claim.verdict for claim in found] == ["supported", "unsupported"]
    assert [claim.text for claim in found][1] == "It sold 6 million copies."
    assert check() == ()


def test_a_model_that_fails_is_told() -> None:
    with pytest.raises(ModelUnavailableError):
        check("May 10", reading=ModelUnavailableError("down"))


def test_the_prompt_shows_only_what_is_cited() -> None:
    passages = evidence().passages[1:3]
    prompt = check_prompt("When?", "9 am", passages)
    assert prompt[0].content == CHECK_INSTRUCTIONS
    assert prompt[:-1] == constant_check_prompt()
    assert prompt[-1].content == (f"Passage: {TEXTS[1]} {TEXTS[2]}\nQuestion: When?\nAnswer: 9 am")


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("How heavy is the Norvane 60?", "Norvane 60: "),
        ("what does the heater weigh", "heater: "),
        # The passage says it, or nothing does.
        ("Which manual says that it weighs 12 kg?", "manual: "),
        ("What weighs 12 kg?", ""),
        ("How heavy is the oven?", ""),
    ],
)
def test_the_subject_that_a_question_names_is_told(question: str, subject: str) -> None:
    text = "It weighs 12 kg."
    sentence = Sentence("my/heater-manual.html", 1, 0, len(text), text)
    passage = Passage(1, sentence, "Norvane 60", None, 1.0)
    prompt = check_prompt(question, "12 kg", [passage])
    assert prompt[-1].content.startswith(f"Passage: {subject}{text}\n")


def test_what_is_cited_is_read_under_its_headings() -> None:
    one, two, three = evidence().passages[:3]

    def below(passage: Passage, heading: str) -> Passage:
        return replace(passage, sentence=replace(passage.sentence, heading=heading))

    assert under_headings([one, below(two, "News:"), below(three, "News:")]) == (
        f"{TEXTS[0]} News: {TEXTS[1]} {TEXTS[2]}"
    )
    assert under_headings([below(one, "Singles"), two, below(three, "Singles")]) == (
        f"Singles: {TEXTS[0]} {TEXTS[1]} Singles: {TEXTS[2]}"
    )
    assert under_headings([]) == ""
    # A headline says something of its own.
    headline = "Singer thanks the crew of her first video"
    assert under_headings([below(one, headline)]) == TEXTS[0]
    # So does a title: all of the document is about it.
    assert under_headings([below(replace(one, title="On \n songs"), "On songs")]) == TEXTS[0]


def test_examples_say_yes_as_often_as_no() -> None:
    verdicts = [verdict for *_, verdict in CHECK_EXAMPLES]
    assert set(verdicts) == {"Yes", "No"}
    assert abs(verdicts.count("Yes") - verdicts.count("No")) <= len(verdicts) // 4


def test_the_same_claim_has_less_support_among_selected_sentences() -> None:
    signals = Signals(0.7, 0.7, 0.7, *[1.0] * 5)
    assert support(replace(signals, whole=0.0)) < support(signals)


def listed(*lines: tuple[str, str]) -> tuple[Passage, ...]:
    """Lines of one document, each with the heading that it stands below."""
    return tuple(
        Passage(
            number,
            Sentence("a", number, 90 * number, 90 * number + len(text), text, heading=heading),
            "A",
            None,
            0.9,
        )
        for number, (heading, text) in enumerate(lines, start=1)
    )


INGREDIENTS = listed(("", "You need:"), ("", "- 22 g salt"), ("", "- 780 ml lukewarm water"))


@pytest.mark.parametrize(
    ("question", "claim", "supported"),
    [
        ("How much sugar is in the bread?", "22 g", False),
        ("How many eggs are there?", "22", False),
        ("How much salt is in the bread?", "22 g", True),
        ("How much salted butter is in it?", "22 g", True),
        # The line above the items speaks of it.
        ("How much sugar do you need?", "22 g", True),
        # Nothing is named, or nothing is measured.
        ("How much is it?", "22 g", True),
        ("What is in the bread?", "lukewarm water", True),
    ],
)
def test_an_item_of_a_list_measures_what_it_names(
    question: str, claim: str, supported: bool
) -> None:
    (found,) = check(claim, read=Evidence(question, INGREDIENTS, (2,)), threshold=0.0)
    assert (found.verdict == "supported") is supported
    assert (
        supported or found.reason == "The quoted items are about something else than what is asked."
    )


def test_a_heading_is_no_answer_where_another_section_says_more_of_it() -> None:
    lines = (
        ("", "3.2.0"),
        ("3.2.0", "- Removed: the old login."),
        ("", "3.0.0"),
        ("3.0.0", "- Deprecated: the old login."),
    )
    passages = tuple(
        replace(each, sentence=replace(each.sentence, is_heading=not each.sentence.heading))
        for each in listed(*lines)
    )
    verdicts = {
        (question, claim): check(
            claim,
            read=Evidence(f"In which version was the old login {question}?", passages, (2,)),
            threshold=0.0,
        )[0].verdict
        for question in ("removed", "deprecated", "introduced")
        for claim in ("3.2.0", "3.0.0")
    }
    assert [key for key, verdict in verdicts.items() if verdict == "unsupported"] == [
        ("removed", "3.0.0"),
        ("deprecated", "3.2.0"),
    ]
    # Together with the line that says more it is one.
    (whole,) = check(
        "3.0.0, removed: the old login",
        read=Evidence("In which version was the old login removed?", passages, (2,)),
        threshold=0.0,
    )
    assert whole.verdict == "supported"


@pytest.mark.parametrize(("line", "supported"), [("3.0.0", True), ("3.2.0", False)])
def test_a_heading_stays_the_answer_where_the_line_that_says_more_names_it(
    line: str, supported: bool
) -> None:
    heading, *below = listed(
        ("", "3.0.0"), ("3.0.0", "- A cookie."), ("History", f"The login was dropped by {line}.")
    )
    heading = replace(heading, sentence=replace(heading.sentence, is_heading=True))
    read = Evidence("Which version drops logins?", (heading, *below), (1,))
    (found,) = check("3.0.0", read=read, threshold=0.0)
    assert (found.verdict == "supported") is supported
