"""``kith evaluate mentions``: is who is watched meant by a name?"""

import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import zstandard

from kith.cli.evaluate.files import UnreadableFile
from kith.domain.watches.context import is_meant
from kith.domain.watches.finding import Alias, Finder, Rule

_HEADER = re.compile(r"(?i)\s*(?:x - )?(?:date|from|to|cc|bcc|subject|sent)\s*:")


class Marked(msgspec.Struct, frozen=True):
    """first, last: words of the line."""

    person: int
    line: int
    first: int
    last: int
    kind: str


class Person(msgspec.Struct, frozen=True):
    person: int
    name: str | None


class Thread(msgspec.Struct, frozen=True):
    people: list[Person]
    lines: list[list[str]]
    mentions: list[Marked]


class Found(NamedTuple):
    """A name in a thread. first: its first word in the line."""

    line: int
    first: int
    person: int


def mentions(file: Path) -> None:
    """Find who is meant by names in FILE; prints metrics as JSON.

    Everybody is watched: the full name always, given name and family name in context.

    Args:
        file: jsonl or jsonl.zst, one conversation a line: people (person, name), lines (lists of words), mentions
            (person, line, first, last, kind).
    """
    print(json.dumps(evaluation(file), indent=2))


def evaluation(file: Path) -> dict[str, Any]:
    """How right the mentions are, beside what they are without each part."""
    threads = read(file)
    truth = {(i, each) for i, thread in enumerate(threads) for each in _true(thread)}
    ways: dict[str, Callable[[Thread], Iterator[Found]]] = {
        "full names alone": lambda thread: _found(thread, parts=False),
        "any given or family name": lambda thread: _words(thread, unique=False),
        "unique in the conversation": lambda thread: _words(thread, unique=True),
    }
    return {
        **_right(truth, threads, _found),
        "conversations": len(threads),
        "names": len(truth),
        "baselines": {name: _right(truth, threads, way) for name, way in ways.items()},
    }


def read(file: Path) -> list[Thread]:
    """Read conversations."""
    try:
        if file.suffix == ".zst":
            with zstandard.open(file, "rt", encoding="utf-8") as packed:
                text = packed.read()
        else:
            text = file.read_text(encoding="utf-8")
        return [msgspec.json.decode(line, type=Thread) for line in io.StringIO(text)]
    except (OSError, UnicodeDecodeError, zstandard.ZstdError, msgspec.DecodeError) as error:
        raise UnreadableFile(f"{file}: {error}") from error


def _named(thread: Thread) -> dict[int, list[str]]:
    return {each.person: each.name.split() for each in thread.people if each.name and len(each.name.split()) > 1}


def _body(thread: Thread) -> dict[int, Sequence[str]]:
    """The lines outside of headers, by number."""
    headers = {each.line for each in thread.mentions if each.kind == "header"}
    return {i: words for i, words in enumerate(thread.lines) if i not in headers and not _HEADER.match(" ".join(words))}


def _true(thread: Thread) -> Iterator[Found]:
    named, body = _named(thread), _body(thread)
    for each in thread.mentions:
        if each.kind == "name" and each.line in body and each.person in named:
            name = named[each.person]
            words = {word.lower() for word in body[each.line][each.first : each.last + 1]}
            if words & {name[0], name[-1]}:
                yield Found(each.line, each.first, each.person)


def _found(thread: Thread, *, parts: bool = True) -> Iterator[Found]:
    named = _named(thread)
    given: list[tuple[Rule, slice]] = [("always", slice(None))]
    if parts:
        given += [("in_context", slice(0, 1)), ("in_context", slice(-1, None))]
    finder = Finder(
        [Alias(person, " ".join(name[part]), rule) for person, name in named.items() for rule, part in given]
    )
    for line, words in _body(thread).items():
        for hit in finder.find(" ".join(words)):
            person = finder.aliases[hit.alias].watch
            others = [" ".join(name) for other, name in named.items() if other != person]
            if hit.sure or is_meant(hit.word, others, takes_part=True, named_before=False, named_beside=False):
                yield Found(line, _word_at(words, hit.start), person)


def _words(thread: Thread, *, unique: bool) -> Iterator[Found]:
    """The published rules: any given or family name; or one that a single person bears, before no other surname."""
    named = _named(thread)
    for line, words in _body(thread).items():
        small = [word.lower() for word in words]
        last = -1
        for i, word in enumerate(small):
            bearers = [person for person, name in named.items() if word in (name[0], name[-1])]
            if i <= last or (unique and (len(bearers) != 1 or _goes_on(words, i, named[bearers[0]]))):
                continue
            for person in bearers:
                yield Found(line, i, person)
                if word == named[person][0] and small[i + 1 : i + 2] == named[person][-1:]:
                    last = i + 1


def _goes_on(words: Sequence[str], i: int, name: Sequence[str]) -> bool:
    """Whether a given name is followed by a surname that is not its bearer's."""
    behind = "".join(words[i + 1 : i + 2])
    return words[i].lower() == name[0] and behind[:1].isupper() and behind.isalpha() and behind.lower() != name[-1]


def _word_at(words: Sequence[str], start: int) -> int:
    at = 0
    for i, word in enumerate(words):
        at += len(word) + 1
        if start < at:
            return i
    return len(words) - 1


def _right(
    truth: set[tuple[int, Found]], threads: Sequence[Thread], way: Callable[[Thread], Iterator[Found]]
) -> dict[str, float]:
    found = {(i, each) for i, thread in enumerate(threads) for each in way(thread)}
    right = len(truth & found)
    return {
        "f1": round(2 * right / max(len(truth) + len(found), 1), 4),
        "precision": round(right / max(len(found), 1), 4),
        "recall": round(right / max(len(truth), 1), 4),
    }
