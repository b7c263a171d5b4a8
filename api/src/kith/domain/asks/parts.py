"""What in a sentence speaks for an ask: parts that have a name, and words that are learnt."""

import re
from collections.abc import Iterator, Sequence

from kith.domain.asks.words import MARKS

LONGEST = 3
"""Words of a learnt phrase."""
LONG = 40
"""Words of a sentence, beyond which more of them say nothing."""
LENGTH = 20
"""Words of a sentence for which the part "length" has the size 1."""

# fmt: off
OPENERS = frozenset((
    "what", "why", "how", "where", "when", "who", "whom", "whose", "which", "is",
    "are", "am", "was", "were", "do", "does", "did", "can", "could", "would",
    "will", "should", "shall", "may", "might", "have", "has", "had", "any", "anyone",
    "anybody", "somebody", "someone", "isn't", "aren't", "don't", "doesn't", "didn't", "can't", "couldn't",
    "won't", "wouldn't", "shouldn't", "what's", "where's", "who's", "how's",
))
# fmt: on
_REQUEST = re.compile(
    r"\b(?:please|pls|plz|(?:can|could|would|will) (?:you|u|we|i|someone|anyone|anybody|somebody)|let (?:me|us) know"
    r"|let's|feel free|(?:make|be) sure|(?:i|we|you) need|need (?:you|your|help)|(?:would|'d) like|wondering|i want you"
    r"|appreciate|(?:should|shall|may) (?:we|i)|any (?:idea|ideas|chance|thoughts|suggestions?|comments|questions"
    r"|hints?|tips?|advice|pointers?)|(?:send|call|give|tell|show|e-?mail|forward|help) (?:me|us)|looking for"
    r"|does (?:anyone|anybody|someone|somebody)|(?:has|have) (?:anyone|anybody|you)|is there (?:a|any|some)"
    r"|how (?:do|can|to|would|should)|what (?:is|are|do|does|about))\b"
)
_MARKED = re.compile(f"[{MARKS}]")
_CLOSING = "\"')]”’*_ "

NAMED = {
    "mark": "The sentence ends with a question mark.",
    "mark inside": "A question mark stands within the sentence.",
    "opener": "The sentence opens as questions do.",
    "request": "A phrase of request stands in the sentence.",
    "length": "The sentence has so many words (of 20).",
}
"""The named parts, and what each says."""


def named(sentence: str, words: Sequence[str]) -> dict[str, float]:
    """Return the size of each named part that the sentence has."""
    found: dict[str, float] = {}
    if part := mark(sentence, words):
        found[part] = 1.0
    spoken = [word for word in words if word[0].isalpha()]
    if spoken and spoken[0] in OPENERS:
        found["opener"] = 1.0
    if requests(sentence):
        found["request"] = 1.0
    found["length"] = min(len(spoken), LONG) / LENGTH
    return found


def mark(sentence: str, words: Sequence[object]) -> str | None:
    """Return which part a question mark in the sentence is, if there is one. words: of the sentence."""
    if sentence.rstrip(_CLOSING)[-1:] in MARKS and words:
        return "mark"
    return "mark inside" if _MARKED.search(sentence) else None


def requests(sentence: str) -> bool:
    """Return whether a phrase of request stands in the sentence."""
    return _REQUEST.search(sentence.lower()) is not None


def phrases(words: Sequence[str]) -> Iterator[str]:
    """Yield all runs of up to ``LONGEST`` words, with a sign for either end of the sentence."""
    held = ("<", *words, ">")
    yield from held
    for size in range(2, LONGEST + 1):
        yield from map(" ".join, zip(*(held[start:] for start in range(size)), strict=False))
