from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import pytest
from doubles import Reply, Script
from hypothesis import given
from hypothesis import strategies as st

from qa.checker import (
    CHECK_EXAMPLES,
    CHECK_INSTRUCTIONS,
    check_prompt,
    constant_check_prompt,
    under_headings,
)
from qa.errors import ModelUnavailableError
from qa.generation import Draft
from qa.llms import Completion, Deadline, Message, ScriptedChatModel, Token
from qa.settings import SupportModel, VerificationSettings
from qa.types import Evidence, Passage, Sentence
from qa.verification import (
    CheckedClaim,
    Signals,
    check_claims,
    is_yes_no,
)
from qa.verification import (
    support as support_by,
)

TEXTS = (
    "RM released the song on May 10.",
    "The volcano erupted near Milano at 9 am.",
    "Kim plays the piano.",
    "The album has eleven tracks.",
    "It sold 5.8 million copies in Japan.",
)
UNIT = st.floats(0, 1)
SIGNALS = st.builds(Signals, UNIT | st.none(), UNIT | st.none(), *[UNIT] * 6)


def evidence(question: str = "When?", ranked: tuple[int, ...] = (1, 2)) -> Evidence:
    passages = tuple(
        Passage(
            number,
            Sentence("a.txt", number, 100 * number, 100 * number + len(text), text),
            "Songs",
            None,
            0.5,
            TEXTS,
        )
        for number, text in enumerate(TEXTS, start=1)
    )
    return Evidence(question, passages, ranked)


def support(signals: Signals) -> float:
    return support_by(signals, SupportModel())


def yes_no(yes: float, no: float) -> tuple[Token, ...]:
    pairs = (("Yes", yes), ("No", no))
    return (Token(*max(pairs, key=lambda pair: pair[1]), pairs),)


def check(
    *claims: str,
    question: str = "When?",
    reading: Reply | Exception | Callable[[Sequence[Message]], Reply] = "Yes",
    threshold: float = 0.3,
    similarity: float = 0.8,
    tokens: tuple[Token, ...] = (Token("x", 0.9),),
    ranked: tuple[int, ...] = (1, 2),
) -> tuple[CheckedClaim, ...]:
    script = Script()
    script.check = reading
    return check_claims(
        Draft(claims, Completion(tokens)),
        evidence(question, ranked),
        model=ScriptedChatModel(script),
        similarity=lambda one, other: similarity,
        settings=VerificationSettings(threshold=threshold),
        deadline=Deadline(10),
    )


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


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Did RM release the song in May?", True),
        ("is it out?", True),
        ("Hasn't he written a book?", True),
        ("When is it out?", False),
        ("Can you swim?", True),
        ("Will it be out in May?", True),
        ("Is it out in May or June?", False),
        ("Can you tell me when it is out?", False),
        ("Do you know who did it?", False),
        # Requests, which no yes answers; what they ask whether is yes or no.
        ("Can you tell me the price of the ticket?", False),
        ("Could you list the members present?", False),
        ("Could you please look up the members?", False),
        ("Do you know the opening hours?", False),
        ("Can you give me the phone number of the office?", False),
        ("Would you know the price?", False),
        ("Will you tell me the price?", False),
        ("Would you name the members?", False),
        ("Can you tell me if it is out?", True),
        ("Do you know whether it is out?", True),
        ("Can you please tell me whether it is out?", True),
        ("Do you give discounts?", True),
        # Another language's words.
        ("Was kostet der Eintritt?", False),
        ("was ist in der Kiste?", False),
        ("WAS KOSTET DER EINTRITT?", False),
        ("Am wievielten Mai findet das Fest statt?", False),
        ("Am I a member?", True),
        ("Was Rehn a teacher?", True),
        ("was rehn a teacher?", True),
        ("Was Rehn married?", True),
        ("Was Mies van der Rohe born in Aachen?", True),
        ("Was Holt taught by Rehn?", True),
        ("Was the war over?", True),
        ("WAS IT SOLD?", True),
        ("Will Smith was born when?", False),
        ("May 2024 brought which album?", False),
        ("Who did it?", False),
        ("", False),
        ("?!", False),
    ],
)
def test_which_questions_ask_for_yes_or_no(question: str, expected: bool) -> None:
    assert is_yes_no(question) is expected


def decides(yes: float, no: float) -> Callable[[Sequence[Message]], Reply]:
    """A second reading that agrees so much with "Yes", and so much with "No"."""

    def reading(messages: Sequence[Message]) -> Reply:
        agrees = yes if messages[-1].content.endswith("Answer: Yes") else no
        return yes_no(agrees, 1 - agrees)

    return reading


@pytest.mark.parametrize(
    ("draft", "yes", "no", "text", "cited"),
    [
        ("Yes. RM released the song", 0.9, 0.1, "Yes. RM released the song", [1]),
        # The reading decides, whatever the draft says.
        ("Yes", 0.1, 0.9, "No.", [1]),
        ("No", 0.9, 0.1, "Yes.", [1]),
        # Its reason speaks for the other side.
        ("Yes. RM released the song", 0.1, 0.9, "No.", [1]),
        # It stands in a passage that the reading didn't see.
        ("Yes. The album has eleven tracks", 0.9, 0.1, "Yes.", [1]),
        # A reason that the documents don't have isn't given.
        ("Yes. RM released 13 songs", 0.9, 0.1, "Yes.", [1]),
        ("", 0.95, 0.5, "Yes.", [1]),
    ],
)
def test_yes_or_no_is_decided_by_asking_for_both(
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


@pytest.mark.parametrize(("score", "reasoned"), [(0.4, True), (0.2, False)])
def test_a_reason_from_far_away_is_none(score: float, reasoned: bool) -> None:
    near, far, *_ = evidence("Did RM release the song?").passages
    read = Evidence("Did RM release the song?", (near, replace(far, score=score)), (1, 2))
    script = Script()
    script.check = decides(0.9, 0.1)
    (found,) = check_claims(
        Draft(("Yes. The volcano erupted near Milano",), Completion((Token("x", 0.9),))),
        read,
        model=ScriptedChatModel(script),
        similarity=lambda one, other: 0.8,
        settings=VerificationSettings(),
        deadline=Deadline(10),
    )
    assert (found.text, [passage.number for passage in found.passages]) == (
        ("Yes. The volcano erupted near Milano", [2]) if reasoned else ("Yes.", [1])
    )


def test_an_item_is_weighed_with_the_line_that_leads_to_it() -> None:
    texts = ("We do not pay for:", "- War", "- Flood", "Call us.")
    passages = tuple(
        Passage(n, Sentence("a", n, 40 * n, 40 * n + len(t), t), "A", None, 0.9)
        for n, t in enumerate(texts, start=1)
    )
    script = Script()

    def reading(messages: Sequence[Message]) -> Reply:
        denied = "not pay for: - Flood" in messages[-1].content
        says = denied != messages[-1].content.endswith("Answer: Yes")
        return yes_no(*((0.95, 0.05) if says else (0.05, 0.95)))

    script.check = reading
    (found,) = check_claims(
        Draft((), Completion((Token("x", 0.9),))),
        Evidence("Do you pay for a flood?", passages, (3,)),
        model=ScriptedChatModel(script),
        similarity=lambda one, other: 0.8,
        settings=VerificationSettings(),
        deadline=Deadline(10),
    )
    assert (found.text, [p.number for p in found.passages]) == ("No.", [1, 3])


def test_what_a_list_denies_is_cited_with_the_line_above_it() -> None:
    texts = ("We do not pay for:", "- War", "- Flood")
    passages = tuple(
        Passage(n, Sentence("a", n, 40 * n, 40 * n + len(t), t), "A", None, 0.9)
        for n, t in enumerate(texts, start=1)
    )
    cited = []
    for question in ("What do you not pay for?", "What do you pay for?"):
        (found,) = check_claims(
            Draft(("War, flood",), Completion((Token("x", 0.9),))),
            Evidence(question, passages, (2, 3)),
            model=ScriptedChatModel(Script()),
            similarity=lambda one, other: 0.8,
            settings=VerificationSettings(),
            deadline=Deadline(10),
        )
        cited.append([passage.number for passage in found.passages])
    # Whatever is asked, the reader and the check see what the items are.
    assert cited == [[1, 2, 3], [1, 2, 3]]


def test_a_yes_or_no_is_cited_whole_where_less_doesn_t_bear_it() -> None:
    def reading(messages: Sequence[Message]) -> Reply:
        prompt = messages[-1].content
        agrees = 0.5 if TEXTS[1] not in prompt else 0.9 if prompt.endswith("Yes") else 0.1
        return yes_no(agrees, 1 - agrees)

    (found,) = check(question="Did RM release the song?", reading=reading, ranked=(2, 1))
    assert (found.text, [passage.number for passage in found.passages]) == ("Yes.", [1, 2])


def test_a_yes_that_its_closest_passages_deny_is_not_shown() -> None:
    def reading(messages: Sequence[Message]) -> Reply:
        prompt = messages[-1].content
        agrees = 0.9 if (TEXTS[1] in prompt) == prompt.endswith("Yes") else 0.1
        return yes_no(agrees, 1 - agrees)

    (found,) = check(
        "Yes", question="Did RM release the song?", reading=reading, ranked=(2, 1), threshold=0.35
    )
    assert found.verdict == "unsupported"
    assert "closest alone say otherwise" in found.reason


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
    (claim,) = check_claims(
        Draft(("Joris Pettersen",), Completion((Token("x", 0.9),))),
        Evidence(question, (passage,), (1,)),
        model=ScriptedChatModel(Script()),
        similarity=lambda one, other: 0.8,
        settings=VerificationSettings(threshold=0.0),
        deadline=Deadline(10),
    )
    assert (claim.verdict == "supported") is supported
    assert supported or "bare names" in claim.reason


def test_what_is_said_beyond_yes_or_no_is_checked_too() -> None:
    found = check(
        "Yes. RM released the song",
        "Aliens built it in 1850.",
        question="Did RM release the song?",
        reading=decides(0.9, 0.1),
        ranked=(1,),
    )
    assert [claim.verdict for claim in found] == ["supported", "unsupported"]


@pytest.mark.parametrize(
    "reading", ["Yes", "No", "", decides(0.9, 0.9), decides(0.5, 0.5), decides(0.1, 0.1)]
)
def test_yes_or_no_without_a_margin_is_not_shown(
    reading: str | Callable[[Sequence[Message]], Reply],
) -> None:
    found = check("Yes. RM released the song", question="Did RM release it?", reading=reading)
    assert [claim.verdict for claim in found] == ["unsupported"]
    assert "too little" in found[0].reason


def test_yes_or_no_needs_evidence() -> None:
    assert check(question="Did RM release it?", ranked=()) == ()
    (found,) = check("Yes", question="Did RM release it?", ranked=())
    assert found.verdict == "unsupported"


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
        ("When did RM not release the song?", 0.9, "turns around"),
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


def test_what_is_cited_is_read_under_its_headings() -> None:
    one, two, three = evidence().passages[:3]

    def below(passage: Passage, heading: str) -> Passage:
        return replace(passage, sentence=replace(passage.sentence, heading=heading))

    assert under_headings([one, below(two, "News:"), below(three, "News:")]) == (
        f"{TEXTS[0]} News: {TEXTS[1]} {TEXTS[2]}"
    )
    assert under_headings([below(one, "Songs"), two, below(three, "Songs")]) == (
        f"Songs: {TEXTS[0]} {TEXTS[1]} Songs: {TEXTS[2]}"
    )
    assert under_headings([]) == ""
    # A headline says something of its own.
    headline = "Singer thanks the crew of her first video"
    assert under_headings([below(one, headline)]) == TEXTS[0]


def test_examples_say_yes_as_often_as_no() -> None:
    verdicts = [verdict for *_, verdict in CHECK_EXAMPLES]
    assert set(verdicts) == {"Yes", "No"}
    assert abs(verdicts.count("Yes") - verdicts.count("No")) <= len(verdicts) // 4


def test_the_same_claim_has_less_support_among_selected_sentences() -> None:
    signals = Signals(0.7, 0.7, 0.7, *[1.0] * 5)
    assert support(replace(signals, whole=0.0)) < support(signals)
