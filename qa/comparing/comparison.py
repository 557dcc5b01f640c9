"""Several documents that answer: which one is believed, and what is said of the others.

Of versions of one document the newest counts; a question for how things stand now is
answered by the newest document that says; and documents that give different answers are
all quoted. Each is read by itself, so that what one says is never taken for another's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from qa.checking.claims import CheckedClaim
from qa.comparing.conflict import combine, disagreement, same_answer
from qa.comparing.latest import asked_as_of, asks_latest
from qa.comparing.witnesses import closest_of, later_sections, replies, witnesses
from qa.errors import ModelError
from qa.evidence import passage_in
from qa.generation import YES_NO
from qa.index import Index
from qa.language.questions import is_yes_no
from qa.llms import ChatModel, Deadline
from qa.reading import Found, Reading, dated_claim
from qa.types import Evidence, Passage, shown_date

__all__ = ["compared", "newest_answer", "of_newest_version"]

# Documents that mention what is asked and are read one by one, at most.
MAX_WITNESSES = 2
# Characters of a sentence that a note quotes.
MAX_QUOTED = 300


def newest_answer(
    reading: Reading, model: ChatModel, evidence: Evidence, deadline: Deadline
) -> Found | None:
    """Answer a question for the latest from the newest document that states what is asked.

    Parameters
    ----------
    reading : Reading
    model : ChatModel
    evidence : Evidence
    deadline : Deadline

    Returns
    -------
    Found or None
        None where it asks for something else, or no document states it.

    Raises
    ------
    ModelUnavailableError
    """
    if not asks_latest(evidence.question):
        return None
    limit, question = asked_as_of(evidence.question)
    evidence = replace(evidence, question=question)
    closest = evidence.best()[:1]
    if not closest or is_yes_no(question):
        return None
    speaking = (closest[0].sentence.document, *witnesses(evidence, closest))
    dates = {path: reading.index.documents[path].date or "" for path in speaking}
    fitting = [path for path in speaking if "" < dates[path] <= (limit or "9999")]
    by_files = limit is None and not any(dates.values())
    if by_files:
        # When a file was saved says little of when its text was true, but here nothing says more.
        dates = {path: reading.index.documents[path].saved or "" for path in speaking}
        fitting = [path for path in speaking if dates[path]] if len({*dates.values()}) > 1 else []
    if len(speaking) < 2 or not fitting:
        return None
    for path in sorted(fitting, key=dates.__getitem__, reverse=True)[:MAX_WITNESSES]:
        found = _read_document(reading, model, evidence, path, deadline)
        if found:
            told = "none gives a date: the answer is from that whose file was saved on"
            note = (
                f"Of {len(speaking)} documents that speak of this, "
                f"{told if by_files else 'the answer is from that of'} {dates[path]}."
            )
            return Found(found, (note,))
    return None


def compared(
    reading: Reading,
    model: ChatModel,
    evidence: Evidence,
    claim: CheckedClaim,
    deadline: Deadline,
    *,
    lap: Callable[[str], None],
) -> Found:
    """Weigh an answer against what newer versions and other documents say.

    Parameters
    ----------
    reading : Reading
    model : ChatModel
        An answer that was found already outlives its failure.
    evidence : Evidence
    claim : CheckedClaim
        Supported.
    deadline : Deadline
    lap : callable
        Told when other documents have been read.

    Returns
    -------
    Found
        Several claims where documents give different answers, the newest first.
    """
    index = reading.index
    current: CheckedClaim = claim
    notes: tuple[str, ...] = ()
    try:
        current, notes = of_newest_version(reading, model, evidence, claim, deadline)
        own = {passage.sentence.document for passage in (*claim.passages, *current.passages)}
        versions = {path for known in own for path in index.versions_of(known)}
        others = _others(index, evidence, claim, versions)
        checked = [
            _read_part(reading, model, evidence, path, heading, deadline)
            for path, heading in others[:MAX_WITNESSES]
        ]
        found = [each[0] for each in map(_supported, checked) if len(each) == 1]
    except ModelError as error:
        failed = f"What other documents say of this wasn’t compared. {error}"
        return Found((current,), (*notes, failed))
    unsure = _unsure_reply(index, evidence, claim, found, itertools.chain(*checked))
    if others:
        lap("other documents")
    claims = (
        _with_later_opposite(current, found)
        if YES_NO.match(claim.text)
        else combine(current, found)
    )
    differing = (disagreement(claims),) if len(claims) > 1 else ()
    return Found(claims, (*notes, *unsure, *differing))


def _others(
    index: Index, evidence: Evidence, claim: CheckedClaim, versions: set[str]
) -> list[tuple[str, str | None]]:
    """What else may answer: later replies and days first, then other documents."""
    cited = claim.passages
    later: list[tuple[str, str | None]] = [(path, None) for path in replies(evidence, cited)]
    later += [(cited[0].sentence.document, day) for day in later_sections(evidence, cited)]
    # A yes or no was weighed over the closest passages of all documents already.
    found = () if YES_NO.match(claim.text) else witnesses(evidence, cited)
    others = [(path, None) for path in found if path not in {known for known, _ in later}]
    return [
        (path, heading)
        for path, heading in [*later, *others]
        if heading or (path not in versions and path == index.versions_of(path)[0])
    ]


def _unsure_reply(
    index: Index,
    evidence: Evidence,
    claim: CheckedClaim,
    found: Sequence[CheckedClaim],
    checked: Iterable[CheckedClaim],
) -> list[str]:
    """Point to the thread's last mail where it gave no answer of its own: it may change this one.

    What was drafted from it didn't pass the check, but the sentence that it was taken from is
    the one to look at.
    """
    latest = next(iter(replies(evidence, claim.passages)), None)
    if latest is None or any(
        passage.sentence.document == latest for other in found for passage in other.passages
    ):
        return []
    quotes = [
        " ".join(passage.sentence.text.split())
        for other in checked
        for passage in other.passages
        if passage.sentence.document == latest and not YES_NO.match(other.text)
    ]
    document = index.documents[latest]
    says = f"says: “{quotes[0]}”" if quotes and len(quotes[0]) <= MAX_QUOTED else "may say more."
    return [f"A later mail of the thread, {document.title} ({document.date}), {says}"]


def _with_later_opposite(
    claim: CheckedClaim, later: Sequence[CheckedClaim]
) -> tuple[CheckedClaim, ...]:
    """A yes or no, preceded by a later claim that says the opposite, if there is one."""
    verdict = YES_NO.match(claim.text)
    for other in later:
        said = YES_NO.match(other.text)
        if verdict and said and said[1].casefold() != verdict[1].casefold():
            return (other, claim)
    return (claim,)


def _read_document(
    reading: Reading, model: ChatModel, evidence: Evidence, document: str, deadline: Deadline
) -> tuple[CheckedClaim, ...]:
    """Answer from one document of the evidence alone; only what is supported."""
    return _supported(_read_part(reading, model, evidence, document, None, deadline))


def _supported(checked: Iterable[CheckedClaim]) -> tuple[CheckedClaim, ...]:
    return tuple(claim for claim in checked if claim.verdict == "supported")


def _read_part(
    reading: Reading,
    model: ChatModel,
    evidence: Evidence,
    document: str,
    heading: str | None,
    deadline: Deadline,
) -> tuple[CheckedClaim, ...]:
    """Answer from one document, or from what stands below one of its headings."""
    closest = closest_of(evidence, document, heading)
    draft = reading.draft_from(model, evidence, closest, deadline)
    own = tuple(
        passage
        for passage in evidence.passages
        if passage.sentence.document == document and heading in (None, passage.sentence.heading)
    )
    weighed = closest if is_yes_no(evidence.question) else ()
    ranked = tuple(own.index(passage) + 1 for passage in weighed)
    alone = replace(evidence, passages=own, ranked=ranked, whole=False)
    return reading.check(model, alone, draft, deadline)


def of_newest_version(
    reading: Reading,
    model: ChatModel,
    evidence: Evidence,
    claim: CheckedClaim,
    deadline: Deadline,
) -> tuple[CheckedClaim, tuple[str, ...]]:
    """What the newest version of a document says where an older one was cited.

    Parameters
    ----------
    reading : Reading
    model : ChatModel
    evidence : Evidence
    claim : CheckedClaim
        Supported.
    deadline : Deadline

    Returns
    -------
    claim : CheckedClaim
    notes : tuple of str
        What the reader should know of the older one.

    Raises
    ------
    ModelUnavailableError
    """
    index = reading.index
    cited = claim.passages[0].sentence.document
    newest, *older = index.versions_of(cited)
    if cited == newest:
        read = {passage.sentence.document for passage in evidence.best()}
        notes = tuple(
            f"{path} is an older version or a copy of {newest}, which is quoted."
            f"{_basis(index, path, newest)}"
            for path in older
            if path in read
        )
        return claim, notes
    basis = _basis(index, cited, newest)
    moved = tuple(_in_version(index, passage, newest) for passage in claim.passages)
    passages = tuple(passage for passage in moved if passage is not None)
    if len(passages) == len(moved):
        note = f"{cited} is an older version or a copy of {newest}, which is quoted.{basis}"
        return dated_claim(replace(claim, passages=passages)), (note,)
    answers = _read_document(reading, model, evidence, newest, deadline)
    if len(answers) != 1:
        note = f"{newest} is a newer version of {cited}, and wasn’t found to say this.{basis}"
        return claim, (note,)
    if same_answer(claim.text, answers[0].text) is True:
        return answers[0], ()
    document = index.documents[cited]
    date = shown_date(document.date, document.saved)
    note = f"An older version, {cited}{f' ({date})' if date else ''}, says: “{claim.text}”.{basis}"
    return answers[0], (note,)


def _basis(index: Index, older: str, newest: str) -> str:
    """Say what one version is called older by, where that isn't the dates that they give."""
    own, its = index.documents[older].date, index.documents[newest].date
    if own != its:
        return "" if own and its else f" Only {newest} gives a date of its own."
    return (
        f" {'Both give the same date' if own else 'Neither gives a date of its own'}: the newer "
        "is the one whose file was saved later."
    )


def _in_version(index: Index, passage: Passage, path: str) -> Passage | None:
    """The same sentence in another version of its document, if it is still there."""
    sentence, document = passage.sentence, index.documents[path]
    same = [other for other in index.sentences(path) if other.text == sentence.text]
    if not same:
        return None
    nearest = min(same, key=lambda other: abs(other.number - sentence.number))
    return passage_in(passage, nearest, document)
