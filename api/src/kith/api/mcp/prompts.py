"""Prompts: the questions that people come to kith with, as an agent can ask them with the tools."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Question:
    """A question. asks: what is to be filled in, and what that is."""

    title: str
    text: str
    asks: dict[str, str]

    def filled(self, given: dict[str, str]) -> str:
        """Return the question with what was filled in. Raises ValueError, which names what is missing."""
        if missing := sorted(self.asks.keys() - given.keys()):
            raise ValueError(f"The argument {missing[0]} is missing.")
        return f"{self.text.format_map(given)} {_HOW}"


_HOW = (
    "Use the tools of kith. Give each number with its interval or its coverage where the answer has one, and name the "
    "ids of the evidence behind each claim. Say so where kith has seen too little."
)

_PERSON = {"person": "The person's name, handle or id."}
_COMMUNITY = {"community": "The community's name or id."}


def _question(title: str, text: str, asks: dict[str, Any] | None = None) -> Question:
    return Question(title, text, asks or {})


QUESTIONS = {
    "person": _question(
        "Who is this?",
        "Who is {person}: with whom are they really in touch, in which communities, in which roles, and about what?",
        _PERSON,
    ),
    "relationship": _question(
        "How are these two in touch?",
        "How are {person} and {other} in touch: how strong is it, on what does that rest, and who stands between them?",
        {**_PERSON, "other": "The other person's name, handle or id."},
    ),
    "community": _question(
        "Who matters in this community?",
        "Describe the community {community}: who connects it, who gives knowledge, who belongs to its core, where it "
        "meets, and how it does.",
        _COMMUNITY,
    ),
    "topic": _question(
        "Whom to ask about this?",
        "Who knows about {topic}, who answers questions on it, and who of them is active now?",
        {"topic": "A topic, in words."},
    ),
    "asks": _question(
        "What do people need?",
        "Which questions are open, which of them are for us, how long do they wait beside what is usual there, and who "
        "could answer each?",
    ),
    "dialogue": _question(
        "Do we converse?",
        "Do we converse with {group} or do we broadcast: whom do we answer, whom not, and who came by themselves?",
        {"group": "A group or community, by name or id."},
    ),
}
