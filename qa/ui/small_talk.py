"""Replies to what isn't asked of the documents: a greeting, thanks, "help".

Only whole messages are recognised, word for word, so that no question about the documents
is ever taken for small talk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from qa.faces.printing import counted
from qa.types import Document

__all__ = ["reply"]

LISTED = 8

_GREETING = re.compile(
    r"(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)|yo|hallo|moin|"
    r"servus|guten (?:tag|morgen|abend)|bonjour|salut|hola|buenos d[ií]as|ciao|ol[aá]|hej|ahoj|"
    r"cze[sś][cć]|你好|您好|こんにちは|안녕하세요|안녕|привет|здравствуйте|مرحبا|नमस्ते)"
    r"(?: (?:there|again|everyone|all|qa))?(?!\w)"
)
_THANKS = re.compile(
    r"(?:thanks?|thank you|thx|cheers|great|perfect|nice|ok|okay|danke|merci|gracias|grazie|"
    r"obrigad[oa]|tack|谢谢|ありがとう|감사합니다|спасибо)"
    r"(?: (?:a lot|so much|very much|you|again|schön))*"
)
_HELP = re.compile(
    r"(?:help|help me|hilfe|\?|what can you do|what do you do|what can i (?:ask|do)(?: you| here)?|"
    r"who are you|what are you|what is this|how does this work|how do you work|"
    r"how (?:can|do) i use (?:this|you)|can you help(?: me)?|are you (?:there|a bot|an ai|human)|"
    r"was kannst du|qué puedes hacer|que peux[- ]tu faire)"
)
_CONTENTS = re.compile(
    r"(?:what|which) (?:documents|files|sources)"
    r"(?: (?:do you (?:have|know|read)|are (?:there|here)|can you read))?|"
    r"(?:list|show)(?: me)?(?: (?:all|the|your|my))* (?:documents|files|sources)|"
    r"what(?:'s| is) in (?:here|the library|this library)"
)


def _plain(message: str) -> str:
    plain = re.sub(r"[’‘]", "'", message.casefold().strip())
    kept = re.sub(r"[!.,…🙂👋😊]+|(?<=.)\?+$", " ", plain)
    return " ".join(kept.split())


def reply(
    message: str,
    library: str,
    documents: Mapping[str, Document],
    suggest: Callable[[], Sequence[str]],
    editable: bool = True,
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The chat's own words in reply to small talk.

    Parameters
    ----------
    message : str
        As it was written.
    library : str
        The library's name.
    documents : mapping of str to Document
    suggest : callable
        Gives questions that the documents may answer; called for small talk only.
    editable : bool
        Whether documents can be added on the page.

    Returns
    -------
    (tuple of str, tuple of str) or None
        Paragraphs, and questions to go on with; None where the message is a question.
    """
    plain = _plain(message)
    greeting = _GREETING.match(plain)
    rest = plain[greeting.end() :].strip() if greeting else plain
    held = counted(len(documents), "document")
    if not documents and (greeting or _HELP.fullmatch(rest) or _CONTENTS.fullmatch(rest)):
        return (
            "Hello." if greeting else f"There is nothing to read in {library} yet.",
            "Add documents with “Add files” in the list of sources, or drop them onto this page. "
            "Then ask about them."
            if editable
            else "Documents that are put into its folder are read by themselves.",
        ), ()
    can = (
        f"Ask about what is written in {library} ({held}). Each statement of an answer is checked "
        "by machine against quotes from the documents; select its number to read the quote in its "
        "place. Where the documents don’t say, you are told so, with the closest passages."
    )
    if _HELP.fullmatch(rest):
        return (
            can,
            "A follow-up such as “and when?” is understood from the conversation. Keys: "
            "n and p step through the quotes, Escape closes the source.",
        ), tuple(suggest())
    if _CONTENTS.fullmatch(rest):
        titles = sorted({document.title for document in documents.values()}, key=str.casefold)
        more = f" and {len(titles) - LISTED:,} more" if len(titles) > LISTED else ""
        return (
            f"{library} holds {held}: {'; '.join(titles[:LISTED])}{more}.",
            "The list of sources shows them all; select one to read it.",
        ), tuple(suggest())
    if greeting and not rest:
        return (f"Hello. {can}",), tuple(suggest())
    if _THANKS.fullmatch(plain):
        return ("You’re welcome. What else would you like to know?",), ()
    return None
