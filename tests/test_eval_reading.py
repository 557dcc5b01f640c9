from __future__ import annotations

import pytest

from eval.reading import is_refusal, read_statement, read_yes_no, strip_markers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The documents do not say.",
        "The article doesn’t mention the price.",
        "The provided sources do not contain information about this.",
        "There is no information about that in the text.",
        "Not stated.",
        "This is not specified in the context.",
        "It is not mentioned.",
        "I don't know.",
        "I cannot answer this question.",
        "It cannot be determined from the passages.",
        "The price is not mentioned in the article.",
        "The text gives no date.",
        "No information.",
        "Unknown",
        "Empty Response",
        "None of the provided sources mention the price of the album.",
        "No source states that [1].",
        "The provided sources do not contain any information about INDIGO's tracks. The album "
        "Right Place, Wrong Person will have eleven tracks [1].",
        "The sources do not give a price, but they say that it is out on May 24.",
        "I'm sorry, but the sources don't mention it.",
        "I'm sorry, but the sources don't mention it. They speak of the tracks only.",
        "I apologize. The passages provide no details about that.",
        "The sources are not helpful for this question.",
        "Unfortunately, there is no mention of a fourth set in the sources.",
        "The article has no information about it.",
        "I’m not sure.",
        "I do not have information about this.",
        "The article discusses the album. However, it does not mention the price.",
        "No. The article does not mention it.",
        "There was no mention of the price.",
        "There isn't any information about the price in the sources.",
        "The director of the video is not mentioned.",
        "The director of the music video is not specified in the given information.",
        "The exact price is not provided.",
        "The length of the song isn't given.",
        "The information provided does not include the price.",
        "The given information doesn't specify the price.",
        "The answer is not in the documents.",
        "Not enough information.",
        "I have no idea.",
        "The sources do not give it. It is likely that this will be announced later.",
        "Insufficient information.",
        "The director is unknown.",
        "No director is mentioned in the article.",
        "It doesn't say.",
        "I don't know. You may be able to find it on the label's website.",
        "The sources do not say who directed it. The name could be found in the credits.",
        "I believe the documents do not say.",
        "Based on the information provided in the sources, I cannot recommend a specific laptop. "
        "The sources only mention a music video.",
    ],
)
def test_refusals_of_other_systems_are_read(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "BIGHIT MUSIC has not responded to these reports.",
        "It is not known if they are equal.",
        "Unknown Pleasures",
        "RM, who is not mentioned by name on the cover.",
        "No. 1 in 82 regions",
        "No, it is his second.",
        "May 24. The documents do not say more.",
        "The article says eleven.",
        "The price was not mentioned in the contract.",
        "The price was not mentioned.",
        "The contract does not mention the price.",
        "The price is not provided in the contract.",
        "He is the one who is not mentioned.",
        "There was no mention in the press.",
        "No. He is not named after his father.",
        "The director is unknown to most people.",
        "It is not in the north.",
        "The article mentions the price. However, it is wrong.",
        "The video is about a lost song. However, it does not name it.",
        "He was not given enough information.",
        "I don't know, it may be eleven.",
        "The sources do not give it. It is likely that it will be eleven.",
        "Wing Shya, not Mizushima",
        "The sources do not say it outright, but it is probably eleven.",
        "The context does not mention the price. However, it is 99 dollars.",
        "The sources do not state this; it can be inferred that the answer is RM.",
        "I don't know from the text, but from my knowledge it is 2013.",
        "No sources were cited in the lawsuit.",
        "Sorry Seems to Be the Hardest Word",
        "There are no more than eleven tracks.",
        "He has no mentionable rival.",
    ],
)
def test_answers_are_not_taken_for_refusals(text: str) -> None:
    assert not is_refusal(text)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Yes", "yes"),
        ("**Yes**, it does", "yes"),
        ("“No.”", "no"),
        ("No — it isn't", "no"),
        ("Right Place, Wrong Person", None),
        ("True Romance", None),
        ("True.", "yes"),
        ("Incorrect, it is his second.", "no"),
        ("No reports say so.", None),
        ("It is out. Yes, on May 24.", "yes"),
        ("Yes. No, wait.", None),
        ("yes/no", None),
        ("", None),
    ],
)
def test_yes_and_no(text: str, reading: str | None) -> None:
    assert read_yes_no(text) == reading


@pytest.mark.parametrize(
    ("question", "text", "reading"),
    [
        ("Did the song reach number 1 in Brazil?", "It reached No. 1 there.", None),
        ("Did the song lead in Brazil?", "The song led nowhere. The song leads in Brazil.", "yes"),
        ("Is it?", "It is.", None),
        ("Are San Yawn and RM friends?", "San Yawn is a friend of RM.", "yes"),
        ("Has the label commented on the reports?", "The label has not commented on reports", "no"),
    ],
)
def test_questions_that_are_repeated(question: str, text: str, reading: str | None) -> None:
    assert read_statement(question, text) == reading


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("Eleven [1].", "Eleven."),
        ("A [1][2] b [3, 4].", "A b."),
        ("[1] A", "A"),
        ("[sic] and [2024a]", "[sic] and [2024a]"),
    ],
)
def test_markers_are_left_out(text: str, stripped: str) -> None:
    assert strip_markers(text) == stripped
