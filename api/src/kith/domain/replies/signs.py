"""What can be seen of a line and of one before it: signs, whose products are the parts of a reply's chance."""

import numpy as np

from kith.domain.replies.lines import NONE, Flags, Floats, Ints, Lines
from kith.domain.replies.said import BEFORE

_MINUTE = 60.0
_PAUSE = 30  # minutes after which somebody is new again
_LONG, _SHORT = 12, 3  # words
NEAR = {"next": (1, 1), "second next": (2, 2), "third next": (3, 3), "4 to 6": (4, 6), "7 to 12": (7, 12),
         "13 to 25": (13, 25), "26 to 50": (26, BEFORE)}  # fmt: skip
GAPS = {"same minute": (0, 1), "a minute": (1, 2), "2 minutes": (2, 4), "4 minutes": (4, 8), "8 minutes": (8, 20)}
SILENT = {"silent 0": (0, 1), "silent 1": (1, 2), "silent 2": (2, 5), "silent 5": (5, 10), "silent 10": (10, 30),
           "silent 30": (30, np.inf)}  # fmt: skip
ALONE = "alone"
"""The sign that a line answers none; all signs of that case begin with it."""

Signs = dict[str, Floats]


def signs(lines: Lines, start: int, end: int) -> Signs:
    """The signs of the lines from ``start`` to ``end``; shape (lines, BEFORE + 1), nearest candidate first, none last.

    "I" is who speaks now, "you" who spoke the earlier line.
    """
    pair, alone = _pair(lines, start, end), _alone(lines, start, end)
    none, before = np.zeros((end - start, 1)), np.zeros((end - start, BEFORE))
    return {name: np.hstack([size.astype(np.float64), none]) for name, size in pair.items()} | {
        name: np.hstack([before, size.astype(np.float64)[:, None]]) for name, size in alone.items()
    }


def _pair(lines: Lines, start: int, end: int) -> dict[str, Floats]:
    now, then, there = candidates(start, end)
    at = now[:, 0]
    me, you = lines.actor[now], lines.actor[then]
    named, your_name = lines.named[at], lines.named[then][:, :, 0]
    own, next_own = lines.own[at], lines.next_own[then]
    minutes = (lines.at[now] - lines.at[then]) / _MINUTE
    mine = you == me
    silent = (named[:, :1] == NONE) & ~lines.stranger[now]
    you_silent = (your_name == NONE) & ~lines.stranger[then]
    names_me = (lines.named[then] == me[:, :, None]).any(2)
    before = lines.own[then][:, :, 0]
    rested = lines.at[then] - lines.at[np.maximum(before, 0)] > _PAUSE * _MINUTE
    caller = lines.called[now]
    found = {
        "mine": mine,
        "yours": ~mine,
        "I name you": (named[:, None, :] == you[:, :, None]).any(2),
        "to you": lines.to[now] == you,
        "I name none": silent,
        "I name others": ~silent,
        "you name me": names_me,
        "you name none": you_silent,
        "you name others": ~you_silent & ~names_me,
        "same name": (your_name == named[:, :1]) & (your_name != NONE),
        "your last": next_own[:, :, 0] >= now,
        "your second last": (next_own[:, :, 0] < now) & (next_own[:, :, 1] >= now),
        "I spoke since": own[:, :1] > then,
        "I spoke twice since": own[:, 1:2] > then,
        "not since I spoke": own[:, :1] <= then,
        "last to me": caller == then,
        "others to me since": caller > then,
        "my partner": (lines.partner[now] == you) & (lines.partner[now] != NONE),
        "named me last": (caller != NONE) & (lines.actor[np.maximum(caller, 0)] == you),
        "your partner is me": lines.after[then] == me,
        "named since": lines.reply[then] < now,
        "not named since": lines.reply[then] >= now,
        "question": lines.question[then],
        "I ask": lines.question[now],
        "your last question": lines.question[then] & (lines.next_question[then] >= now),
        "you are new": (before == NONE) | rested,
        "I am new": own[:, :1] == NONE,
        "rare words": np.minimum(lines.shared[at], 3.0),
        "words in common": lines.shared[at] > 0,
        "both greet": lines.greeting[now] & lines.greeting[then],
        "I thank": lines.thanks[now],
        "you thank": lines.thanks[then],
        "I assent": lines.assent[now],
        "you assent": lines.assent[then],
        "you open": lines.opening[then],
        "long": lines.size[then] >= _LONG,
        "short": lines.size[then] <= _SHORT,
        "you begin": before != then - 1,
        "you go on": (next_own[:, :, 0] == then + 1) & (next_own[:, :, 0] < now),
        "before mine": own[:, :1] == then + 1,
    }
    found |= {name: (now - then >= low) & (now - then <= high) for name, (low, high) in NEAR.items()}
    found |= {name: (minutes >= low) & (minutes < high) for name, (low, high) in GAPS.items()}
    return {name: np.where(there, sign, 0.0) for name, sign in found.items()}


def _alone(lines: Lines, start: int, end: int) -> dict[str, Floats]:
    now = np.arange(start, end)
    own, called = lines.own[now, 0], lines.called[now]
    quiet = np.where(own == NONE, np.inf, lines.at[now] - lines.at[np.maximum(own, 0)]) / _MINUTE
    uncalled = np.where(called == NONE, np.inf, lines.at[now] - lines.at[np.maximum(called, 0)]) / _MINUTE
    pause = (lines.at[now] - lines.at[np.maximum(now - 1, 0)]) / _MINUTE
    names = lines.named[now, 0] != NONE
    found = {
        "": np.ones(len(now), dtype=bool),
        "I name one": names,
        "to one": lines.to[now] != NONE,
        "I name a stranger": lines.stranger[now],
        "I name none": ~names & ~lines.stranger[now],
        "I am new": own == NONE,
        "called": called != NONE,
        "called since I spoke": (called != NONE) & (called > own),
        "I ask": lines.question[now],
        "I greet": lines.greeting[now],
        "I thank": lines.thanks[now],
        "I assent": lines.assent[now],
        "I open": lines.opening[now],
        "long": lines.size[now] >= _LONG,
        "short": lines.size[now] <= _SHORT,
        "pause": pause >= 3,
        "words in common": lines.shared[now].max(1, initial=0.0) > 0,
        "I have a partner": lines.partner[now] != NONE,
    }
    found |= {name: (quiet >= low) & (quiet < high) for name, (low, high) in SILENT.items()}
    found |= {
        name.replace("silent", "called"): (uncalled >= low) & (uncalled < high) for name, (low, high) in SILENT.items()
    }
    return {f"{ALONE} {name}".strip(): sign.astype(np.float64) for name, sign in found.items()}


def second_signs(lines: Lines, start: int, end: int, chances: Floats) -> Signs:
    """Further signs, from what the first look says of all lines before: ``chances``, shape (lines, BEFORE + 1).

    answers me: how likely the earlier line answers one of mine. I answered you last: the same of my last line and one
    of yours. answered, I answered: answers of others or me to it that are expected so far. began: it answered none.
    waiting: lines of others since my last that are likely to answer me.
    """
    now, then, there = candidates(start, end)
    at = now[:, 0]
    me, mine = lines.actor[at], lines.actor[then] == lines.actor[now]
    last = lines.own[at, 0]
    spoke = last != NONE
    last = np.maximum(last, 0)
    back = np.arange(1, BEFORE + 1)
    answers_me, i_answered = np.zeros(then.shape), np.zeros(then.shape)
    by_others, by_me = np.zeros(then.shape), np.zeros(then.shape)
    whom = lines.actor[np.maximum(last[:, None] - back, 0)]
    for place in range(BEFORE):
        line = then[:, place]
        before = lines.actor[np.maximum(line[:, None] - back, 0)]
        answers_me[:, place] = (chances[line, :BEFORE] * (before == me[:, None])).sum(1)
        i_answered[:, place] = (chances[last, :BEFORE] * (whom == lines.actor[line][:, None])).sum(1) * spoke
        for later in range(place):
            answer = chances[then[:, later], place - later - 1]
            by = lines.actor[then[:, later]]
            by_me[:, place] += answer * (by == me)
            by_others[:, place] += answer * ((by != me) & (by != lines.actor[line]))
    since = lines.own[at][:, :1] <= then
    waiting = np.minimum((answers_me * (~mine & since & there)).sum(1), 2.0)
    pair = {
        "answers me": answers_me,
        "I answered you last": i_answered,
        "answered": np.minimum(by_others, 2.0),
        "not answered": np.maximum(1.0 - by_others, 0.0),
        "I answered": np.minimum(by_me, 1.0),
        "began": chances[then, BEFORE],
        "waiting": np.broadcast_to(waiting[:, None], then.shape),
        "not to me": 1.0 - np.minimum(answers_me, 1.0),
    }
    alone = {
        "waiting": waiting,
        "mine began": np.where(spoke, chances[last, BEFORE], 0.0),
        "mine answered": np.where(spoke, 1.0 - chances[last, BEFORE], 0.0),
    }
    none, before_all = np.zeros((len(at), 1)), np.zeros((len(at), BEFORE))
    return {name: np.hstack([np.where(there, size, 0.0), none]) for name, size in pair.items()} | {
        f"{ALONE} {name}": np.hstack([before_all, size[:, None]]) for name, size in alone.items()
    }


def candidates(start: int, end: int) -> tuple[Ints, Ints, Flags]:
    """Return the lines (a column), the lines before each (clipped at the first), and which of these there are."""
    now = np.arange(start, end)[:, None]
    then = now - np.arange(1, BEFORE + 1)[None, :]
    return now, np.maximum(then, 0), then >= 0
