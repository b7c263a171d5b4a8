"""What the lines of a room answer: each line by itself, from no more than CONTEXT lines before it."""

from collections.abc import Sequence
from uuid import UUID

from kith.domain.replies.lines import Line, read
from kith.domain.replies.model import shipped
from kith.domain.replies.said import BEFORE, Inferred, Said

LEAST = 0.02
"""The chance below which a link is not kept; what is left out changes nothing that is measured."""


def infer(said: Sequence[Said], start: int) -> list[Inferred]:
    """Return what each line from ``start`` on answers. said: of one room, oldest first, with CONTEXT before start."""
    if start == len(said):
        return []
    actors: dict[UUID, int] = {}
    lines = [
        Line(actors.setdefault(one.actor_id, len(actors)), one.occurred_at.timestamp(), one.text, name_of(one.key))
        for one in said
    ]
    chances = shipped().chances(read(lines), start)
    found = []
    for i, row in enumerate(chances, start):
        one = said[i]
        if one.reply_to is not None or one.stated:
            answers = one.reply_to or one.answers_id
            known = [answers] if answers else []
            found.append(Inferred(one.id, known, [1.0] * len(known), float(not known), True))
        else:
            near = [back for back in (-row[:BEFORE]).argsort(kind="stable").tolist() if row[back] >= LEAST]
            answered = [said[i - back - 1].id for back in near]
            found.append(Inferred(one.id, answered, row[near].tolist(), float(row[BEFORE]), False))
    return found


def name_of(key: str) -> str:
    """Return the name by which others call whoever has this key: a nickname, or the first part of an address."""
    return key.rpartition("/")[2].lstrip("@").partition("@")[0].partition(":")[0]
