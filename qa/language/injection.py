"""Sentences that give orders to a machine instead of stating something.

A document may say "ignore your instructions" to whoever makes a model read it. Such
sentences are kept from the model and support no claim; the rest of the document, and
every other document, is read as usual. They are found by their form: an attempt to put other rules
in force, or to speak as system or assistant; and, close to one, what says how to reply or would be
innocent elsewhere. A manual that tells a person to follow these instructions, or how to reply,
contains no such attempt.

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
from collections.abc import Iterable, Sequence

from qa.types import Sentence

__all__ = ["is_order", "orders"]

_RULES = r"(?:instructions?|rules?|prompts?|guidelines?|directives?|constraints|context|training)"
_ROLES = r"(?:system|assistant|developer|admin)"
# A label begins its line, but not a table's row: there it is the name of a column.
_LABEL = rf"^[^\w|\n]*{_ROLES}\W{{0,3}}:"
# What nobody says to people, or says only of a machine.
_ATTEMPTS = re.compile(
    rf"""
    # "Do not ignore the instructions" puts none out of force.
    (?<!\bnot\s)(?<!n['’]t\s)(?<!\bnever\s)(?<!\bwho\s)
    \b(?:ignore|disregard|forget|bypass|discard)\b [^.!?\n]{{0,60}} \b{_RULES}\b
  # Rules replace others among people too, who say of when or of what those were.
  | \b(?:new|these|following|updated)\s{_RULES}\b [^.!?\n]{{0,40}}
    \b(?:replace|override|supersede)s?\s
    (?:(?:all\s|any\s)(?:others?\b|(?:earlier|previous|prior|old)\s(?:ones|instructions|prompts)\b)
      | (?:the\s)?ones\sabove\b | what\syou\b | your\b)
  | \b{_RULES}\soverride\s(?:the\s)?(?:old|earlier|previous|prior)\s(?:ones|{_RULES})\b
  | \b(?:follow|obey)\b [^.!?\n]{{0,20}} \b(?:new|these|those)\s{_RULES}
    \s(?:instead|from\s(?:here|now)|and\sno\sothers?|only)\b
  | \bI\s(?:will|shall|must)\s(?:follow|obey)\b [^.!?\n]{{0,20}} \b{_RULES}\b
  | (?<!operating\s)\bsystem\sprompt\b | \bsystem\soverride\W{{0,3}}:
  | \b(?:this\sis\sa|(?:start|beginning|end)\sof(?:\sthe)?)\ssystem\s(?:message|override|notice)\b
  # A role that gives orders, agrees to them, or isn't written as people write titles.
  | {_LABEL}\W*(?:you|always|never|ignore|obey|follow|allow|grant|enable|act|answer|reply|respond
    |say|output|print|repeat|tell|reveal)\b
  | ^[^\w|\n]*assistant\W{{0,3}}:\W*(?:certainly|sure|of\scourse|understood|yes|no|okay|ok)[,.!]
  | ^[^\w|\n]*(?-i:SYSTEM|ASSISTANT|DEVELOPER|ADMIN|system|assistant|developer|admin)\W{{0,3}}:
    [^.!?\n]*\b(?:is|are|was|were|must|shall|will|has|have)\b
  | <\|[^|>\n]{{1,40}}\|> | \[/?INST\] | <</?SYS>> | </?(?:system|assistant|instructions?)>
  | \byou\sare\snow\s(?-i:[A-Z]{{3,}})\b
  | \byou\sare\s(?:now\s)?(?:an?\s|the\s)?(?:\w+\s)?
    (?:ai\b|chatgpt|chatbot|language\smodel|assistant\b|(?:unrestricted|uncensored)\b)
  | \byou\sare\s(?:now\s)?in\s(?:developer|override|god|dan|jailbreak|unrestricted)\smode\b
  | \b(?:act|behave)\sas\s(?:an?\s)?(?:ai|dan|unrestricted|different)\b
  | \bfrom\snow\son\b,?\s(?:you\s(?:will|must|shall|should)\s)?(?:always\s|only\s|please\s)?
    (?:(?:answer|reply|respond|say|output|obey)\b
      |(?:every|all|each|your|any)\s(?:repl|answer|respon|output))
  | (?:^[^\w\n]*|\b(?:please|always|and|then)\s
      |\b(?:assistants?|models?|bots?|agents?)\s(?:must|should|shall)\s)
    (?:answer|reply|respond)\b [^.!?\n]{{0,20}} \b(?:every|all|any)\b [^.!?\n]{{0,20}}
    \b(?:questions?|quer(?:y|ies)|messages?|prompts?)\b
  | \b(?:do\snot|don['’]t|never)\s(?:mention|reveal|disclose|tell|say)\b [^.!?\n]{{0,60}}
    \b(?:{_RULES}|this\smessage)
  | \b(?:ai|language)\s(?:models?|assistants?|agents?)\s(?:must|should|shall|reading|that\sread)
  | (?:\bany\s(?:machine|assistant)|\b(?:ai|bot|llm))\sthat\sreads\b
  | \b(?:important|attention|note)\s(?:to|for)\s(?:the\s)?(?:ai|llm|assistant|chatbot|model)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
# What manuals, house rules and minutes say as well: it counts beside an attempt only.
_HINTS = re.compile(
    rf"""
    \b(?:new|these|following|updated)\s{_RULES}\b [^.!?\n]{{0,40}} \b(?:replace|override|supersede)
  | \b(?:follow|obey)\b [^.!?\n]{{0,20}} \b(?:new|these|those)\s{_RULES}\b
  | (?<!operating\s)\bsystem\s(?:message|override|notice)\b
  | {_LABEL}
  | \byou\sare\s(?:now\b|in\s\w+\smode\b)
  | \bfrom\snow\son\b [^.!?\n]{{0,30}}
    \b(?:answer|reply|respond|say|output|you\s(?:will|must|are))\b
  | \b(?:answer|reply|respond|responding)\b [^.!?\n]{{0,20}} \b(?:every|all|any)\b [^.!?\n]{{0,20}}
    \b(?:questions?|quer(?:y|ies)|messages?|prompts?)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
# "Assistant:" beside "User:" is a conversation with a machine; alone it may be a post.
_ASSISTANT = re.compile(r"(?im)^[^\w|\n]*assistant\W{0,3}:")
_USER = re.compile(r"(?im)^[^\w|\n]*(?:user|human)\W{0,3}:")
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
    users = _near(sentence for sentence in sentences if _USER.search(sentence.text))
    attempts = {
        sentence
        for sentence in sentences
        if is_order(sentence.text)
        or (sentence.number in users and _ASSISTANT.search(sentence.text))
    }
    near = _near(attempts)
    return frozenset(attempts) | {
        sentence
        for sentence in sentences
        if sentence.number in near
        and (_HINTS.search(sentence.text) or _REPLIES.search(sentence.text))
    }


def _near(sentences: Iterable[Sentence]) -> frozenset[int]:
    """Numbers of sentences within reach of others, and theirs."""
    return frozenset(
        sentence.number + step for sentence in sentences for step in range(-REACH, REACH + 1)
    )
