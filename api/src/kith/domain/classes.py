"""The class of each kind of act, what sort of contact it is: the one table of strength, roles and communities."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from kith.domain.weights import WHOLE

Class = Literal["talk", "help", "handling", "signal", "presence"]


class Meaning(NamedTuple):
    """What a class stands for, and what an act of it counts as contact, in thousandths of a conversation."""

    sentence: str
    weight: int


CLASSES: dict[Class, Meaning] = {
    "talk": Meaning("One says something to the other.", WHOLE),
    "help": Meaning("One does something for the other that took thought: a conversation, too.", WHOLE),
    "handling": Meaning("The other's work passes through one's hands, often everybody's through the same.", WHOLE // 4),
    "signal": Meaning("One shows in a click that the other was noticed.", WHOLE // 4),
    "presence": Meaning("One is where the other is.", WHOLE // 10),
}
"""A new class needs a line here; a new kind of act one in KINDS."""


class Kind(NamedTuple):
    """The class of a kind of act, and why it is in it."""

    name: Class
    reason: str


KINDS: dict[str, Kind] = {
    "message": Kind("talk", "words to somebody"),
    "post": Kind("talk", "words to a room"),
    "reply": Kind("talk", "words in return"),
    "mention": Kind("talk", "words that name somebody"),
    "quote": Kind("talk", "words about another's words"),
    "question": Kind("talk", "words that ask"),
    "thank": Kind("talk", "words of thanks"),
    "comment": Kind("talk", "words on another's work"),
    "report": Kind("talk", "words about a fault, which is a request as often as a help"),
    "contribute": Kind("talk", "work done with those whom it addresses, who had to agree on it"),
    "invite": Kind("talk", "somebody is asked to come"),
    "meet": Kind("talk", "words face to face"),
    "call": Kind("talk", "words on the line"),
    "conflict": Kind("talk", "hard words are words"),
    "answer": Kind("help", "a question is answered"),
    "review": Kind("help", "another's work is read and judged"),
    "approve": Kind("help", "another's work is vouched for, which takes reading it"),
    "test": Kind("help", "another's work is tried"),
    "suggest": Kind("help", "an idea is given"),
    "help": Kind("help", "the network says so"),
    "introduce": Kind("help", "two are brought together for their own sake"),
    "sponsor": Kind("help", "money is given"),
    "sign_off": Kind("handling", "a maintainer passes on a patch, and does so for each"),
    "merge": Kind("handling", "a maintainer takes in a patch or a branch, whoever wrote it"),
    "assign": Kind("handling", "work is handed to somebody"),
    "copy": Kind("handling", "somebody gets a copy and need not read it"),
    "accept": Kind("signal", "a mark beside an answer"),
    "react": Kind("signal", "a mark under words"),
    "share": Kind("signal", "another's words are passed on, without own ones"),
    "follow": Kind("signal", "one wants to hear more"),
    "bookmark": Kind("signal", "one wants to find it again"),
    "endorse": Kind("signal", "a mark beside a skill"),
    "register": Kind("presence", "one means to come"),
    "attend": Kind("presence", "one came"),
    "join": Kind("presence", "one came in"),
    "leave": Kind("presence", "one went out"),
}

STATES = ("follow", "react", "bookmark", "endorse", "sponsor", "assign", "register", "join")
"""Acts that begin something which holds until it ends. Its end, or a new beginning, is no contact: what was, stays."""

ORDER = tuple(KINDS)
"""Kinds are numbered by their places here; a kind that is not known counts as the first."""


def of_class(*names: Class) -> frozenset[str]:
    """Return the kinds of these classes."""
    return frozenset(kind for kind, found in KINDS.items() if found.name in names)


def weight(kind: str) -> float:
    """Return what an act of a kind counts as contact: a conversation 1, and so does a kind that is not known."""
    return CLASSES[KINDS[kind].name].weight / WHOLE if kind in KINDS else 1.0


def numbered(kinds: Iterable[str]) -> list[int]:
    """Return the number of each kind."""
    places = {kind: place for place, kind in enumerate(ORDER)}
    return [places.get(kind, 0) for kind in kinds]


FORETOLD: tuple[Class, ...] = ("talk", "help")
"""What being in touch is: strength is the chance of it."""
CONVERSATION = of_class(*FORETOLD)
HANDLING = of_class("handling")
"""Several of them on one thing are one act: who takes in a patch and signs it off does one thing."""
