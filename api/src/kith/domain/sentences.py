"""What an interaction is, in one plain sentence; and how sentences count."""

from collections.abc import Sequence
from datetime import date

#: What the actor did: with those whom it was towards in place of ``{}``, and towards nobody.
DEEDS = {
    "message": ("wrote to {}", "wrote"),
    "post": ("posted to {}", "posted"),
    "reply": ("replied to {}", "replied"),
    "mention": ("mentioned {}", "mentioned someone"),
    "share": ("shared something of {}", "shared something"),
    "quote": ("quoted {}", "quoted something"),
    "question": ("asked {} a question", "asked a question"),
    "answer": ("answered {}", "gave an answer"),
    "accept": ("accepted an answer of {}", "accepted an answer"),
    "thank": ("thanked {}", "said thanks"),
    "comment": ("commented on something of {}", "commented"),
    "react": ("reacted to something of {}", "reacted"),
    "review": ("reviewed work of {}", "reviewed work"),
    "approve": ("approved work of {}", "approved work"),
    "test": ("tested work of {}", "tested work"),
    "report": ("reported a problem to {}", "reported a problem"),
    "suggest": ("suggested something to {}", "made a suggestion"),
    "help": ("helped {}", "helped"),
    "contribute": ("contributed work with {}", "contributed work"),
    "sign_off": ("signed off work of {}", "signed off work"),
    "merge": ("merged work of {}", "merged work"),
    "assign": ("assigned {}", "assigned something"),
    "invite": ("invited {}", "sent an invitation"),
    "register": ("registered with {}", "registered"),
    "attend": ("attended with {}", "attended"),
    "join": ("joined {}", "joined"),
    "leave": ("left {}", "left"),
    "follow": ("followed {}", "followed someone"),
    "bookmark": ("bookmarked something of {}", "bookmarked something"),
    "endorse": ("vouched for {}", "vouched for someone"),
    "sponsor": ("sponsored {}", "sponsored someone"),
    "introduce": ("introduced {}", "made an introduction"),
    "meet": ("met {}", "met someone"),
    "call": ("called {}", "made a call"),
    "copy": ("copied in {}", "copied someone in"),
    "conflict": ("objected to work of {}", "objected"),
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAMED = 3
_SOMEONE = "someone without a name"


def sentence(
    kind: str, actor: str | None, targets: Sequence[str | None], channel: str | None, day: date, title: str | None
) -> str:
    """Say who did what, towards whom, where and when."""
    towards, alone = DEEDS[kind]
    deed = towards.format(_names(targets)) if targets else alone
    where = f" in {channel}" if channel else ""
    about = f": “{title}”" if title else ""
    on = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{actor or 'Someone without a name'} {deed}{where} on {on}{about}."


def many(count: int, one: str, more: str | None = None) -> str:
    """Return a count with its noun. more: of several, where that is not ``one`` with an s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _names(targets: Sequence[str | None]) -> str:
    if len(targets) == 1:
        return targets[0] or _SOMEONE
    names = [name or _SOMEONE for name in dict.fromkeys(targets)]
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
