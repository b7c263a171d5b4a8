"""A stretch of a room's lines as arrays: who said what when, whom they named, and what came before."""

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kith.domain.replies.said import BEFORE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MEMORY = 150
"""Lines before a line after which what was said is forgotten: who spoke, whom they named."""
CONTEXT = BEFORE + MEMORY * 3
"""Lines before a line that its chances can depend on: what the first look says of the speaker's last line rests on
lines before that, these on whom their speakers named before, and that on who had spoken by then."""
NAMES = 3  # people whom one line names
NONE = -1
NEVER = np.iinfo(np.int64).max
_CHARACTERS = 1_000  # of a line
_EDGES = "\"'`*_.,:;!?()[]{}<>@~|-"
_LONGEST = 40  # a word that is looked for among names
_SHORTEST = 3  # a word that two lines share

GREETING = re.compile(
    r"^\W*(?:hi+|hello+|hey+|heya|hiya|howdy|yo|sup|greetings|good (?:morning|evening|day)|morning)\b"
)
THANKS = re.compile(r"\b(?:thanks?|thx|ty|thank you|cheers|tnx|thanx)\b")
ASSENT = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|ya|yea|no|nope|nah|ok|okay|k|sure|right|true|exactly|indeed|ah+|oh+|hmm+|lol|haha\w*|heh"
    r"|cool|nice|great|well|but|and|or|so|because|then|that|it|they|he|she|also)\b"
)
OPENING = re.compile(
    r"\b(?:any(?:one|body)|some(?:one|body)|every(?:one|body)|help|how (?:do|can|to)|is there"
    r"|i(?:'ve| have|'m| am) (?:a|trying|having|using|looking))\b"
)
_QUESTION = re.compile(r"[?؟？⸮՞፧꘏]")

_SIGNS = (_QUESTION, GREETING, THANKS, ASSENT, OPENING)


class Line(NamedTuple):
    """A line of a room: who spoke, when (seconds since any fixed moment), what, and under which name."""

    actor: int
    at: float
    text: str
    name: str


class Lines(NamedTuple):
    """Columns of n lines, oldest first. An index is that of a line, NONE where there is none (NEVER for a later one).

    ``named``: up to three actors whom a line names; ``to``: the one at its start. ``stranger``: it begins with a name
    that nobody bears. ``own``: the speaker's previous lines, latest first. ``next_own``: the speaker's next lines.
    ``called``: the latest line that names the speaker. ``partner``: whom the speaker named last, before this line;
    ``after``: the same with this line. ``reply``: the next line by another that names the speaker. ``shared``: how rare
    the words are that a line has in common with each of the lines before it; shape (n, BEFORE), nearest first.
    """

    actor: Ints
    at: Floats
    named: Ints
    to: Ints
    stranger: Flags
    own: Ints
    next_own: Ints
    called: Ints
    partner: Ints
    after: Ints
    reply: Ints
    next_question: Ints
    shared: Floats
    size: Ints
    question: Flags
    greeting: Flags
    thanks: Flags
    assent: Flags
    opening: Flags


def read(lines: Sequence[Line]) -> Lines:
    """Read the lines of a room, oldest first."""
    count = len(lines)
    named, to = np.full((count, NAMES), NONE), np.full(count, NONE)
    stranger = np.zeros(count, dtype=bool)
    own, next_own = np.full((count, 3), NONE), np.full((count, 3), NEVER)
    called, partner, after, reply = (
        np.full(count, NONE),
        np.full(count, NONE),
        np.full(count, NONE),
        np.full(count, NEVER),
    )
    shared = np.zeros((count, BEFORE))
    size = np.zeros(count, dtype=np.int64)
    said = [line.text[:_CHARACTERS].lower() for line in lines]
    known: dict[str, tuple[int, int]] = {}
    history: defaultdict[int, deque[int]] = defaultdict(lambda: deque(maxlen=3))
    naming: dict[int, int] = {}
    partners: dict[int, tuple[int, int]] = {}
    waiting: defaultdict[int, list[int]] = defaultdict(list)
    places: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=BEFORE))
    for i, line in enumerate(lines):
        actor = line.actor
        parts = said[i].split()
        size[i] = len(parts)
        words = [word for part in parts if len(part) <= _LONGEST and (word := part.strip(_EDGES))]
        bearers = [_bearer(known, word, i) for word in dict.fromkeys(words)]
        found = [bearer for bearer in bearers if bearer not in (NONE, actor)][:NAMES]
        named[i, : len(found)] = found
        if words and parts[0][-1] in ":,":
            first = _bearer(known, parts[0][:-1].lstrip("@"), i)
            first = _bearer(known, words[0], i) if first == NONE else first
            to[i] = first if first != actor else NONE
            stranger[i] = first == NONE
        for back, index in enumerate(reversed(history[actor])):
            next_own[index, back] = i
            if index >= i - MEMORY:
                own[i, back] = index
        history[actor].append(i)
        called[i] = _lately(naming.get(actor, NONE), i)
        partner[i] = _partner(partners, actor, i)
        for other in found:
            naming[other] = i
            for index in waiting.pop(other, ()):
                reply[index] = i
        if found:
            partners[actor] = found[0], i
        after[i] = _partner(partners, actor, i)
        waiting[actor].append(i)
        for word in dict.fromkeys(words):
            if len(word) < _SHORTEST or _bearer(known, word, i) != NONE:
                continue
            before = places[word]
            while before and before[0] < i - BEFORE:
                before.popleft()
            for index in before:
                shared[i, i - index - 1] += 1.0 / len(before)
            before.append(i)
        known[line.name.lower()] = actor, i
    signs = [np.array([bool(sign.search(text)) for text in said], dtype=bool) for sign in _SIGNS]
    next_question, later = np.full(count, NEVER), dict[int, int]()
    for i in range(count - 1, -1, -1):
        next_question[i] = later.get(lines[i].actor, NEVER)
        if signs[0][i]:
            later[lines[i].actor] = i
    return Lines(
        np.array([line.actor for line in lines], dtype=np.int64),
        np.array([line.at for line in lines], dtype=np.float64),
        named, to, stranger, own, next_own, called, partner, after, reply, next_question, shared, size, *signs,
    )  # fmt: skip


def _lately(index: int, now: int) -> int:
    return index if index >= now - MEMORY else NONE


def _bearer(known: dict[str, tuple[int, int]], name: str, now: int) -> int:
    """Who bears a name and has spoken lately."""
    actor, spoke = known.get(name, (NONE, NONE))
    return actor if spoke >= now - MEMORY else NONE


def _partner(partners: dict[int, tuple[int, int]], actor: int, now: int) -> int:
    other, named = partners.get(actor, (NONE, NONE))
    return other if named >= now - MEMORY else NONE
