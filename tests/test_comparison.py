from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from doubles import Script
from tides import assert_sound

from qa import Answer, Library
from qa.checking.checker import CHECK_INSTRUCTIONS
from qa.errors import ModelUnavailableError
from qa.generation import INSTRUCTIONS
from qa.llms import Message, ScriptedChatModel

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]

QUESTION = "How much does a ticket for the ferry cost?"


def prices(messages: Sequence[Message]) -> str:
    """The first price of the text that a prompt gives."""
    said = re.search(r"(?:\d+|five) crowns", messages[-1].content)
    return said.group() if said else "NOT STATED"


def notice(date: str, price: str, title: str) -> str:
    return f"date: {date}\ntitle: {title}\n\nA ticket for the ferry costs {price} crowns.\n"


@pytest.fixture
def asked(write: Write, scripted: Open) -> Callable[..., tuple[Answer, list[int]]]:
    """Ask a library of such files; also how often the model drafted and checked."""

    def asked(
        files: dict[str, str], question: str = QUESTION, saved: Sequence[str] = ()
    ) -> tuple[Answer, list[int]]:
        folder = write(files)
        for name, day in zip(files, saved, strict=False):
            noon = datetime.datetime.fromisoformat(f"{day}T12:00").timestamp()
            os.utime(folder / name, (noon, noon))
        library, script = scripted(folder)
        script.answer = prices
        answer = library.ask(question)
        assert_sound(library, answer)
        (model,) = library._models.values()
        assert isinstance(model, ScriptedChatModel)
        heads = [prompt[0].content for prompt in model.prompts]
        return answer, [heads.count(INSTRUCTIONS), heads.count(CHECK_INSTRUCTIONS)]

    return asked


Asked = Callable[..., tuple[Answer, list[int]]]


# --- Other documents and versions -----------------------------------------------------


def test_documents_that_disagree_are_both_given_newest_first(asked: Asked) -> None:
    answer, _ = asked(
        {"a.txt": notice("2023-03-01", "5", "Ferry"), "b.txt": notice("2024-03-01", "7", "Harbour")}
    )
    assert (answer.status, answer.text) == ("answered", "7 crowns [1]; 5 crowns [2]")
    assert [citation.date for citation in answer.citations] == ["2024-03-01", "2023-03-01"]
    assert answer.notes == (
        "The documents give different answers: “7 crowns” (Harbour, 2024-03-01); "
        "“5 crowns” (Ferry, 2023-03-01).",
    )


def test_a_document_that_says_the_same_is_cited_as_well(asked: Asked) -> None:
    answer, _ = asked(
        {
            "a.txt": notice("2023-03-01", "5", "Ferry"),
            "b.txt": notice("2024-03-01", "five", "Harbour"),
        }
    )
    assert (answer.text, answer.notes) == ("5 crowns [1][2]", ())
    assert {citation.document for citation in answer.citations} == {"a.txt", "b.txt"}


@pytest.mark.parametrize(
    "other",
    [
        # It speaks of another thing, of the same thing otherwise, or of another place.
        "date: 2024-03-01\n\nGlass is made on the island. It costs 7 crowns.\n",
        "date: 2024-03-01\n\nThe ferry sails at noon, and the harbour is closed.\n",
    ],
)
def test_documents_about_something_else_cost_nothing(asked: Asked, other: str) -> None:
    answer, calls = asked({"a.txt": notice("2023-03-01", "5", "Ferry"), "b.txt": other})
    assert answer.text == "5 crowns [1]"
    assert calls == [1, 1]
    assert "other documents" not in answer.timings


def test_another_place_s_document_isn_t_compared(asked: Asked) -> None:
    files = {
        "a.txt": notice("2023-03-01", "5", "Ferry").replace("the ferry", "the ferry to Lund"),
        "b.txt": notice("2024-03-01", "7", "Boats").replace("the ferry", "the ferry to Belmont"),
    }
    answer, calls = asked(files, "How much does a ticket for the ferry to Lund cost?")
    assert (answer.text, calls) == ("5 crowns [1]", [1, 1])


def test_one_word_in_common_is_too_little(asked: Asked) -> None:
    files = {
        f"{name}.txt": f"date: {date}\ntitle: {name}\n\nThe {name} is open. It costs {price} "
        "crowns.\n"
        for name, date, price in (("Museum", "2023-03-01", 5), ("Theatre", "2024-03-01", 7))
    }
    answer, calls = asked(files, "How much does the museum cost?")
    assert (answer.text, calls) == ("5 crowns [1]", [1, 1])


def test_what_a_later_day_of_the_minutes_says_comes_first(asked: Asked) -> None:
    minutes = "".join(
        f"## Meeting of {day}\n\n- A ticket for the ferry costs {price} crowns.\n\n"
        for day, price in (("1 March 2023", 5), ("1 March 2024", 7))
    )
    answer, _ = asked({"minutes.md": f"# Minutes\n\n{minutes}"})
    assert (answer.text, len(answer.citations)) == ("7 crowns [1]; 5 crowns [2]", 2)
    assert answer.notes == (
        "The document gives different answers: “7 crowns” (Minutes, 2024-03-01); "
        "“5 crowns” (Minutes, 2023-03-01).",
    )


def mail(subject: str, day: int, text: str) -> str:
    return f"Subject: {subject}\nDate: Mon, {day:02} Aug 2026 09:00:00 +0000\n\n{text}\n"


def test_a_later_reply_is_read_though_it_doesn_t_repeat_the_subject(asked: Asked) -> None:
    first = mail("Ferry", 3, "A ticket for the ferry costs 5 crowns.")
    later = mail("Re: Ferry", 10, "Sorry, I was wrong.\n\nThey want 7 crowns.")
    answer, calls = asked({"a.eml": first, "b.eml": later})
    assert (answer.text, calls) == ("7 crowns [1]; 5 crowns [2]", [2, 2])
    assert not any("may say more" in note for note in answer.notes)
    # What a reply says, and can't be told to be an answer, is at least pointed to.
    answer, _ = asked({"a.eml": first, "b.eml": later.replace("7 crowns", "more")})
    assert answer.text == "5 crowns [1]"
    assert answer.notes == ("A later mail of the thread, Re: Ferry (2026-08-10), may say more.",)
    answer, calls = asked({"a.eml": first, "b.eml": later.replace("Re: Ferry", "Re: Tram")})
    assert answer.notes == ()
    assert (answer.text, calls[0]) == ("5 crowns [1]", 1)


def test_a_later_message_of_a_mailbox_comes_first_with_its_own_date(asked: Asked) -> None:
    first = mail("Ferry", 3, "A ticket for the ferry costs 5 crowns.")
    later = mail("Re: Ferry", 10, "They want 7 crowns.\n> A ticket for the ferry costs 5 crowns.")
    sender = "From: Ada <ada@example.org>"
    answer, _ = asked({"a.mbox": f"From a Mon\n{sender}\n{first}\nFrom b Mon\n{sender}\n{later}"})
    assert answer.text == "7 crowns [1]; 5 crowns [2]"
    assert [citation.date for citation in answer.citations] == ["2026-08-10", "2026-08-03"]
    assert {citation.date_source for citation in answer.citations} == {"header"}


@pytest.mark.parametrize("day", ["2031-12-31", "2024-99-99"])
def test_what_a_message_says_can_t_date_it(asked: Asked, day: str) -> None:
    told = f"## Ferry (The Board, {day})\n\nA ticket for the ferry costs 5 crowns from tomorrow."
    message = f"From: Ada <ada@example.org>\n{mail('Ferry', 3, told)}"
    answer, _ = asked({"a.mbox": f"From a Mon\n{message}"})
    (citation,) = answer.citations
    assert citation.quote == "A ticket for the ferry costs 5 crowns from tomorrow."
    assert (citation.date, citation.date_source) == ("2026-08-03", "header")


def test_what_a_later_reply_hardly_answers_is_quoted_in_a_note(
    write: Write, scripted: Open
) -> None:
    folder = write(
        {
            "a.eml": mail("Ferry", 3, "A ticket for the ferry costs 5 crowns."),
            "b.eml": mail("Re: Ferry", 10, "They want 7 crowns."),
        }
    )
    library, script = scripted(folder)
    script.answer = prices
    script.check = lambda messages: "No" if "want" in messages[-1].content else "Yes"
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert answer.text == "5 crowns [1]"
    assert answer.notes == (
        "A later mail of the thread, Re: Ferry (2026-08-10), says: “They want 7 crowns.”",
    )


def test_a_later_reply_may_turn_a_yes_into_a_no(write: Write, scripted: Open) -> None:
    folder = write(
        {
            "a.eml": mail("Tents", 3, "Please bring the tent."),
            "b.eml": mail("Re: Tents", 10, "Leave the tent at home."),
        }
    )
    library, script = scripted(folder)

    def said(messages: Sequence[Message]) -> str:
        return "Yes" if "bring" in messages[-1].content.split("Question")[0] else "No"

    script.answer = lambda messages: f"{said(messages)}. Please bring the tent"
    script.decision = said
    answer = library.ask("Do I need to bring the tent?")
    assert_sound(library, answer)
    assert answer.text.startswith("No: “Leave the tent at home.” [1] Yes. Please bring")
    assert [citation.document for citation in answer.citations] == ["b.eml", "a.eml"]


def test_an_answer_outlives_a_model_that_fails_later(write: Write, scripted: Open) -> None:
    library, script = scripted(
        write({"a.txt": notice("2023-03-01", "5", "F"), "b.txt": notice("2024-03-01", "7", "H")})
    )
    calls = []

    def once(messages: Sequence[Message]) -> str:
        calls.append(messages)
        if len(calls) > 1:
            raise ModelUnavailableError("The model is gone.")
        return prices(messages)

    script.answer = once
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert (answer.status, answer.extractive) == ("answered", False)
    assert answer.notes == ("What other documents say of this wasn’t compared. The model is gone.",)


REST = (
    "The harbour was built of granite by the town. Its lamp burns at night for the boats. "
    "Nobody may fish from the mole in winter. The office is open in the morning only.\n"
)


def test_a_copy_is_cited_from_the_newest(asked: Asked) -> None:
    text = notice("2023-03-01", "5", "Ferry") + "\n" + REST
    answer, calls = asked({"a.txt": text, "b.txt": text.replace("2023", "2024")})
    assert (answer.text, calls) == ("5 crowns [1]", [1, 1])
    assert [citation.document for citation in answer.citations] == ["b.txt"]
    assert answer.notes == ("a.txt is an older version or a copy of b.txt, which is quoted.",)


def test_a_model_that_fails_later_leaves_the_newest_version_as_it_was_found(
    write: Write, scripted: Open
) -> None:
    text = notice("2023-03-01", "5", "Ferry") + "\n" + REST
    other = notice("2022-01-01", "7", "Harbour")
    library, script = scripted(
        write({"a.txt": text, "b.txt": text.replace("2023", "2024"), "c.txt": other})
    )
    replies: list[str | Exception] = ["5 crowns", ModelUnavailableError("The model is gone.")]

    def once(messages: Sequence[Message]) -> str:
        reply = replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    script.answer = once
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert not replies
    assert [citation.document for citation in answer.citations] == ["b.txt"]
    assert answer.notes == (
        "a.txt is an older version or a copy of b.txt, which is quoted.",
        "What other documents say of this wasn’t compared. The model is gone.",
    )


def test_a_computation_that_is_given_up_leaves_no_note(write: Write, scripted: Open) -> None:
    text = (
        "title: Lease\n\nThe lease of the garden flat in Osk was signed on 3 May 2024.\n\n" + REST
    )
    library, script = scripted(
        write({"a.txt": f"date: 2024-01-01\n{text}", "b.txt": f"date: 2024-06-01\n{text}"})
    )
    script.operands = "When was the lease of the flat signed? | When was the hall opened?"
    script.answer = lambda messages: (
        "3 May 2024" if messages[-1].content.endswith("signed?") else "NOT STATED"
    )
    question = "How many days passed between the signing of the lease and the opening of the hall?"
    answer = library.ask(question)
    assert_sound(library, answer)
    assert (answer.status, answer.citations, answer.notes) == ("not_found", (), ())


def undated(price: str) -> str:
    return f"title: Ferry\n\nA ticket for the ferry costs {price} crowns.\n"


SAVED = ("2024-05-11", "2025-06-12")


def test_of_versions_without_dates_the_one_saved_last_is_cited_and_that_is_told(
    asked: Asked,
) -> None:
    files = {"a.txt": undated("5") + "\n" + REST, "b.txt": undated("7") + "\n" + REST}
    answer, _ = asked(files, saved=SAVED)
    assert answer.text == "7 crowns [1]"
    assert [(each.date, each.saved) for each in answer.citations] == [(None, SAVED[1])]
    assert answer.notes == (
        "An older version, a.txt (saved 2024-05-11), says: “5 crowns”. Neither gives a date of its "
        "own: the newer is the one whose file was saved later.",
    )


def test_a_version_with_a_date_goes_before_one_that_was_only_saved_later(asked: Asked) -> None:
    text = undated("5") + "\n" + REST
    answer, _ = asked({"a.txt": text, "b.txt": f"date: 2020-01-01\n{text}"}, saved=SAVED[::-1])
    assert [citation.document for citation in answer.citations] == ["b.txt"]
    assert answer.notes == (
        "a.txt is an older version or a copy of b.txt, which is quoted. Only b.txt gives a date "
        "of its own.",
    )


def test_documents_without_dates_that_disagree_are_told_by_when_they_were_saved(
    asked: Asked,
) -> None:
    answer, _ = asked({"a.txt": undated("5"), "b.txt": undated("7")}, saved=SAVED)
    assert answer.text == "7 crowns [1]; 5 crowns [2]"
    (note,) = answer.notes
    assert "“7 crowns” (Ferry, saved 2025-06-12)" in note
    assert note.endswith("Of those without a date, that whose file was saved last comes first.")


def test_words_for_time_are_counted_from_the_version_that_is_quoted(
    write: Write, scripted: Open
) -> None:
    text = "date: 2024-05-11\ntitle: Ferry\n\nThe ferry to Osk sails tomorrow.\n\n" + REST
    library, script = scripted(write({"a.txt": text, "b.txt": text.replace("-11", "-18")}))
    script.answer = "tomorrow"
    answer = library.ask("When does the ferry to Osk sail?")
    assert_sound(library, answer)
    assert [citation.document for citation in answer.citations] == ["b.txt"]
    assert answer.text == "tomorrow (19 May 2024, counted from the document’s date) [1]"


def test_a_newer_version_that_says_otherwise_is_believed(asked: Asked) -> None:
    answer, _ = asked(
        {
            "a.txt": notice("2023-03-01", "5", "Ferry") + "\n" + REST,
            "b.txt": notice("2024-03-01", "7", "Ferry") + "\n" + REST,
        }
    )
    assert answer.text == "7 crowns [1]"
    assert answer.notes == ("An older version, a.txt (2023-03-01), says: “5 crowns”.",)


def test_a_newer_version_that_no_longer_says_it_is_named(asked: Asked) -> None:
    newer = notice("2024-03-01", "7", "Ferry").replace("A ticket for the ferry costs 7 crowns.", "")
    answer, _ = asked(
        {"a.txt": notice("2023-03-01", "5", "Ferry") + "\n" + REST, "b.txt": newer + "\n" + REST}
    )
    assert answer.text == "5 crowns [1]"
    assert answer.notes == ("b.txt is a newer version of a.txt, and wasn’t found to say this.",)


# --- The newest document --------------------------------------------------------------


@pytest.fixture
def ferry(write: Write, scripted: Open) -> tuple[Library, Script]:
    prices_of_years = (("2022-03-01", "5"), ("2023-03-01", "6"), ("2024-03-01", "7"))
    library, script = scripted(
        write({f"{date}.txt": notice(date, price, "Ferry") for date, price in prices_of_years})
    )
    script.answer = prices
    return library, script


@pytest.mark.parametrize(
    ("question", "text", "date"),
    [
        ("How much does a ticket for the ferry currently cost?", "7 crowns [1]", "2024-03-01"),
        ("How much did a ticket for the ferry cost as of May 2023?", "6 crowns [1]", "2023-03-01"),
    ],
)
def test_the_newest_document_answers(
    ferry: tuple[Library, Script], question: str, text: str, date: str
) -> None:
    answer = ferry[0].ask(question)
    assert_sound(ferry[0], answer)
    assert (answer.status, answer.text) == ("answered", text)
    assert [citation.date for citation in answer.citations] == [date]
    assert answer.notes == (
        f"Of 3 documents that speak of this, the answer is from that of {date}.",
    )


@pytest.mark.parametrize(
    ("saved", "text"), [(SAVED, "7 crowns [1]"), (SAVED[:1] * 2, "7 crowns [1]; 5 crowns [2]")]
)
def test_without_any_date_the_file_saved_last_answers_for_the_latest(
    asked: Asked, saved: Sequence[str], text: str
) -> None:
    question = "How much does a ticket for the ferry currently cost?"
    answer, _ = asked({"a.txt": undated("5"), "b.txt": undated("7")}, question, saved)
    assert sorted(answer.text) == sorted(text)
    told = [note for note in answer.notes if "was saved on" in note]
    assert told == (
        [
            "Of 2 documents that speak of this, none gives a date: the answer is from that whose "
            "file was saved on 2025-06-12."
        ]
        if saved == SAVED
        else []
    )
    as_of = "How much did a ticket for the ferry cost as of May 2026?"
    answer, _ = asked({"a.txt": undated("5"), "b.txt": undated("7")}, as_of, saved)
    assert not any("was saved on" in note for note in answer.notes)


def test_where_the_newest_says_nothing_the_next_is_read(ferry: tuple[Library, Script]) -> None:
    library, script = ferry
    script.check = lambda messages: "No" if "7 crowns" in messages[-1].content else "Yes"
    answer = library.ask("How much does a ticket for the ferry currently cost?")
    assert answer.text == "6 crowns [1]"


def test_before_the_first_document_there_is_none_to_prefer(ferry: tuple[Library, Script]) -> None:
    answer = ferry[0].ask("How much did a ticket for the ferry cost as of 2021?")
    assert not any("that of" in note for note in answer.notes)


def test_what_is_computed_rests_on_the_newest_version(write: Write, scripted: Open) -> None:
    plan = (
        "date: {}\ntitle: Plan\n\nThe festival of the lake opens on {} with a concert of the brass "
        "band.\nAll the streets around the lake are closed to cars for the whole of that week.\n"
        "Tickets are sold at the town hall, at the station and in the bakery by the bridge.\n"
        "Whoever brings a boat of his own is asked to tie it to the northern pier by noon.\n"
    )
    library, script = scripted(
        write(
            {
                "plan a.txt": plan.format("2024-01-01", "3 June 2024"),
                "plan b.txt": plan.format("2024-03-01", "13 June 2024"),
            }
        )
    )

    def reply(messages: Sequence[Message]) -> str:
        days = re.findall(r"\d+ June 2024", messages[-1].content)
        return min(days, key=len) if days else "NOT STATED"

    script.answer = reply
    answer = library.ask("On what day of the week does the festival open?")
    assert_sound(library, answer)
    assert answer.text == "Thursday: June 13, 2024 [1]"
    assert [citation.document for citation in answer.citations] == ["plan b.txt"]
    assert any("older version, plan a.txt" in note for note in answer.notes)


def test_a_list_of_the_newest_document_is_whole(write: Write, scripted: Open) -> None:
    table = "Name,Town\n{}\n"
    library, script = scripted(
        write(
            {
                "members 2023-01-01.csv": table.format("Ada Holt,Osk\nBo Rehn,Lund"),
                "members 2024-01-01.csv": table.format("Ada Holt,Osk\nTom Wik,Osk\nKim Dal,Osk"),
            }
        )
    )
    script.answer = "Ada Holt"
    answer = library.ask("Who currently lives in Osk?")
    assert_sound(library, answer)
    assert answer.text == "Ada Holt, Tom Wik, Kim Dal [1][2][3]"
