"""Hits to a few numbered sentences within a token budget.

A library that is small enough is given whole, always in the same order: the LLM then
keeps it in its cache from question to question, and only what is pointed at changes.
A larger one is given as the sentences that look most relevant. Either way each sentence
keeps its place in its document, so that a quote needs no searching.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from qa.documents import plain_line
from qa.language.alignment import content_words, words
from qa.language.injection import is_order, orders
from qa.language.mentions import REPLY, is_item, label_of, leads, sent_on
from qa.settings import EvidenceSettings
from qa.types import DateSource, Document, Evidence, Hit, Passage, Sentence

__all__ = ["estimate_tokens", "gather_evidence", "passage_in"]

# How much a chunk's fused score, and the share of the question's words that a sentence has,
# count beside a sentence's own similarity.
CHUNK_WEIGHT = 0.1
WORDS_WEIGHT = 0.25
# Sentences whose score is that close to the best one's are read too: where one stands out,
# few are; where many look alike, any of them may be the right one.
MARGIN = 0.33
# Sentences are embedded with their heading, so "Hi Joris," may look as relevant as the heading.
# Such bare lines are ranked behind every sentence that states something.
BARE_BEHIND = 1.0
SALUTATION_WORDS = 5
CHARACTERS_PER_TOKEN = 4.0
_ITEM = re.compile(r"\s*(?:[^\w\s]|\d)")
# A line that leads to others, "Not covered:", tells what they are.
_ENDED = re.compile(r"[.!?…:。！？：।۔][^\w\s]*\Z")
# How many sentences on either side of a passage may name what it speaks of.
NEIGHBOURS = 2


def estimate_tokens(text: str) -> int:
    """About how many tokens a language model makes of `text`.

    An estimate by length, so that it is the same for every model: four characters a
    token, and one token for each character beyond Latin, Greek and Cyrillic, whose
    scripts have no cheaper encoding in common vocabularies.
    """
    beyond = sum(character > "\u052f" and character.isalpha() for character in text)
    return beyond + math.ceil((len(text) - beyond) / CHARACTERS_PER_TOKEN)


def gather_evidence(
    question: str,
    hits: Sequence[Hit],
    library: Sequence[tuple[Document, tuple[Sentence, ...]]] | None,
    settings: EvidenceSettings,
) -> Evidence:
    """Choose what the LLM reads for a question.

    Parameters
    ----------
    question : str
    hits : sequence of Hit
        Best first.
    library : sequence of (Document, tuple of Sentence) or None
        Every document in a fixed order with its sentences, where the library is small
        enough to be read whole (`EvidenceSettings.whole_library_tokens`).
    settings : EvidenceSettings

    Returns
    -------
    Evidence
        Headings are read for context but never ranked: they state nothing. Of a library that
        isn't read whole, those above what is read are among the passages too. Sentences that
        give orders to a machine aren't read at all.
    """
    if library is None:
        kept_out = frozenset().union(*(orders(hit.chunk.sentences) for hit in hits))
    else:
        kept_out = frozenset().union(*(orders(sentences) for _, sentences in library))
    scores = _scores(question, hits)
    asked = _keys(question)
    bare = {sentence for sentence in scores if _is_bare(sentence, asked)}
    scores = {
        sentence: score - BARE_BEHIND * (sentence in bare) for sentence, score in scores.items()
    }
    ranked = [
        sentence
        for sentence in sorted(scores, key=lambda s: (-scores[s], s.document, s.start))
        if not sentence.is_heading and sentence not in kept_out
    ]
    told: Mapping[str, Hit | Document] = {hit.chunk.document: hit for hit in hits}
    if library is not None:
        told = {document.path: document for document, _ in library}
        read = [
            sentence
            for _, sentences in library
            for sentence in sentences
            if sentence not in kept_out
        ]
        chosen = _outstanding(ranked, scores, settings)
    else:
        chosen = _within_budget(_outstanding(ranked, scores, settings), settings)
        above = _headings_above(chosen, hits) - kept_out
        scores = {sentence: score for sentence, score in scores.items() if sentence not in above}
        leading = _leading(chosen, hits) - kept_out
        read = sorted({*chosen, *above, *leading}, key=lambda s: (s.document, s.start))
    nearby = {
        sentence: tuple(
            other.text for other in around[max(0, place - NEIGHBOURS) : place + NEIGHBOURS + 1]
        )
        for around in (
            [sentences for _, sentences in library]
            if library is not None
            else [tuple(scored.sentence for scored in hit.sentences) for hit in hits]
        )
        for place, sentence in enumerate(around)
    }
    passages = tuple(
        _passage(number, sentence, told[sentence.document], scores, nearby)
        for number, sentence in enumerate(read, start=1)
    )
    number_of = {sentence: number for number, sentence in enumerate(read, start=1)}
    return Evidence(
        question=question,
        passages=passages,
        ranked=tuple(number_of[sentence] for sentence in chosen),
        whole=library is not None,
    )


def _passage(
    number: int,
    sentence: Sentence,
    told: Hit | Document,
    scores: Mapping[Sentence, float],
    nearby: Mapping[Sentence, tuple[str, ...]],
) -> Passage:
    date, source = _date(sentence, told)
    return Passage(
        number,
        # A heading is read with what stands below it.
        replace(sentence, heading="") if is_order(sentence.heading) else sentence,
        told.title,
        date,
        scores.get(sentence, 0.0),
        nearby[sentence],
        source,
        told.saved,
    )


def _date(sentence: Sentence, told: Hit | Document) -> tuple[str | None, DateSource | None]:
    """When what a sentence says was said, and what tells it.

    A mailbox has no date of its own, but each of its messages has one in its header.
    """
    sent = None if told.date else sent_on(sentence)
    return (sent, "header") if sent else (told.date, told.date_source)


def _headings_above(chosen: Sequence[Sentence], hits: Sequence[Hit]) -> frozenset[Sentence]:
    """Headings that are read with sentences: an answer may be a heading, and must be quotable."""
    headings = {
        scored.sentence: _in_order(REPLY.sub("", plain_line(scored.sentence.text)))
        for hit in hits
        for scored in hit.sentences
        if scored.sentence.is_heading
    }
    found = set()
    for sentence in chosen:
        labels = {_in_order(label_of(sentence))}
        if sentence.message:
            # The label tells who sent it as well, which the heading may not.
            labels.add(_in_order(REPLY.sub("", " ".join(sentence.heading.split()))))
        own = [
            heading
            for heading, said in headings.items()
            if said in labels
            and heading.document == sentence.document
            and heading.start < sentence.start
        ]
        found.update(own and [max(own, key=lambda heading: heading.start)])
    return frozenset(found)


def _leading(chosen: Sequence[Sentence], hits: Sequence[Hit]) -> frozenset[Sentence]:
    """Lines that lead to the chosen items: alone, "- Flood" may be covered or not."""
    found: set[Sentence] = set()
    for hit in hits:
        lead: Sentence | None = None
        for sentence in hit.chunk.sentences:
            if not is_item(sentence.text):
                lead = sentence if leads(sentence) else None
            elif lead is not None and sentence in chosen:
                found.add(lead)
    return frozenset(found)


def _in_order(text: str) -> tuple[str, ...]:
    return tuple(word.key for word in words(text))


def _scores(question: str, hits: Sequence[Hit]) -> dict[Sentence, float]:
    asked = _keys(question)
    keys = {
        scored.sentence: asked & _keys(f"{label_of(scored.sentence)} {scored.sentence.text}")
        for hit in hits
        for scored in hit.sentences
    }
    # A word that is in most of what was found tells little, as in BM25.
    holders = Counter(key for held in keys.values() for key in held)
    rarity = {key: math.log1p(len(keys) / (1 + holders[key])) for key in sorted(asked)}
    total = sum(rarity.values()) or 1.0
    return {
        scored.sentence: scored.score
        + CHUNK_WEIGHT * hit.score
        + WORDS_WEIGHT * sum(rarity[key] for key in sorted(keys[scored.sentence])) / total
        for hit in hits
        for scored in hit.sentences
    }


def _is_bare(sentence: Sentence, asked: frozenset[str]) -> bool:
    """Whether a line says nothing of its own to a question: a salutation, a signature.

    List items, table cells and sentences such as "No." may be single words too, but are answers.
    """
    text = sentence.text
    keys = _keys(text)
    if sentence.is_heading or keys & asked or _ITEM.match(text) or _ENDED.search(text):
        return False
    return len(keys) < 2 or (text[-1] in ",，" and len(keys) <= SALUTATION_WORDS)


def _keys(text: str) -> frozenset[str]:
    return frozenset(word.key for word in content_words(text))


def _outstanding(
    ranked: Sequence[Sentence], scores: Mapping[Sentence, float], settings: EvidenceSettings
) -> list[Sentence]:
    """The best sentences, and those that are about as good, or fit into the least that is read."""
    lowest = scores[ranked[0]] - MARGIN if ranked else 0.0
    chosen: list[Sentence] = []
    tokens = 0
    for sentence in ranked[: settings.sentences]:
        if chosen and tokens >= settings.least_tokens and scores[sentence] < lowest:
            break
        chosen.append(sentence)
        tokens += estimate_tokens(sentence.text)
    return chosen


def _within_budget(ranked: Sequence[Sentence], settings: EvidenceSettings) -> list[Sentence]:
    chosen: list[Sentence] = []
    left = settings.max_tokens
    for sentence in ranked:
        cost = estimate_tokens(sentence.text)
        # The best sentence is read however long it is: without it there is no answer.
        if chosen and cost > left:
            continue
        chosen.append(sentence)
        left -= cost
    return chosen


def passage_in(passage: Passage, sentence: Sentence, document: Document) -> Passage:
    """Make of a passage one of another document, such as a newer version of its own.

    Parameters
    ----------
    passage : Passage
    sentence : Sentence
    document : Document
        The sentence's.
    """
    date, source = _date(sentence, document)
    return replace(
        passage,
        sentence=sentence,
        title=document.title,
        date=date,
        date_source=source,
        saved=document.saved,
    )
