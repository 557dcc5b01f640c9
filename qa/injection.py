"""Sentences that give orders to a machine instead of stating something.

A document may say "ignore your instructions" to whoever makes a model read it. Such
sentences are kept from the model and support no claim; the rest of the document, and
every other document, is read as ever. They are found by their form: an attempt to put
other rules in force, or to speak as system or assistant; and, close to one, what says how
to reply. A manual that tells a person how to reply contains no such attempt.

What is hidden with invisible characters is gone before (`qa.documents.canonical_text`),
and what looks like a model's control tokens is defused where prompts are sent
(`qa.llms.llamaindex`).

References
----------
Greshake et al., "Not what you've signed up for: Compromising Real-World LLM-Integrated
Applications with Indirect Prompt Injection", 2023.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.types import Sentence

__all__ = ["is_order", "orders"]

_RULES = r"(?:instructions?|rules?|prompts?|guidelines?|directives?|constraints|context|training)"
_ATTEMPTS = re.compile(
    rf"""
    \b(?:ignore|disregard|forget|bypass|discard)\b [^.!?\n]{{0,60}} \b{_RULES}\b
  | \b(?:new|these|following|updated)\s{_RULES}\b [^.!?\n]{{0,40}} \b(?:replace|override|supersede)
  | \b(?:follow|obey)\b [^.!?\n]{{0,20}} \b(?:new|these|those)\s{_RULES}\b
  | (?<!operating\s)\bsystem\s(?:prompt|message|override|notice)\b
  | ^\W*(?:system|assistant|developer|admin)\W{{0,3}}:
  | <\|[^|>\n]{{1,40}}\|> | \[/?INST\] | <</?SYS>> | </?(?:system|assistant|instructions?)>
  | \byou\sare\snow\b
  | \byou\sare\s(?:an?\s|the\s)?(?:\w+\s)?(?:ai\b|chatgpt|chatbot|language\smodel|assistant\b)
  | \byou\sare\sin\s\w+\smode\b
  | \b(?:act|behave)\sas\s(?:an?\s)?(?:ai|dan|unrestricted|different)\b
  | \bfrom\snow\son\b [^.!?\n]{{0,30}}
    \b(?:answer|reply|respond|say|output|you\s(?:will|must|are))\b
  | \b(?:answer|reply|respond|responding)\b [^.!?\n]{{0,20}} \b(?:every|all|any)\b [^.!?\n]{{0,20}}
    \b(?:questions?|quer(?:y|ies)|messages?|prompts?)\b
  | \b(?:do\snot|don['’]t|never)\s(?:mention|reveal|disclose|tell|say)\b [^.!?\n]{{0,60}}
    \b(?:{_RULES}|this\smessage)
  | \b(?:ai|language)\s(?:models?|assistants?|agents?)\s(?:must|should|shall|reading|that\sread)
  | \b(?:important|attention|note)\s(?:to|for)\s(?:the\s)?(?:ai|llm|assistant|chatbot|model)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_SAY = (
    r"(?:say|reply|answer|respond|output|print|write|claim|state|tell|repeat|insert|include"
    r"|append|add|begin|start|end|return|use)"
)
_REPLIES = re.compile(
    rf"""
    \b(?:when|whenever|if)\b [^.!?\n]{{0,80}} \b(?:ask(?:s|ed)?|request(?:s|ed)?|question)\b
  | ^\W*(?:please\s|always\s|instead,?\s|you\smust\s|then\s|just\s|only\s)* {_SAY}\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# How far from an attempt a sentence still belongs to it.
REACH = 4


def is_order(text: str) -> bool:
    """Whether a text by itself orders a machine about."""
    return bool(_ATTEMPTS.search(text))


def orders(sentences: Sequence[Sentence]) -> frozenset[Sentence]:
    """Which sentences order a machine about.

    Parameters
    ----------
    sentences : sequence of Sentence
        Of one document, in reading order; a part of it will do.

    Returns
    -------
    frozenset of Sentence
    """
    attempts = [sentence for sentence in sentences if is_order(sentence.text)]
    if not attempts:
        return frozenset()
    near = {attempt.number + step for attempt in attempts for step in range(-REACH, REACH + 1)}
    return frozenset(attempts) | {
        sentence
        for sentence in sentences
        if sentence.number in near and _REPLIES.search(sentence.text)
    }
