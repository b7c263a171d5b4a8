"""``kith evaluate replies``: which line does each line of a chat answer, and which questions did nobody answer?"""

import io
import json
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from kith.cli.evaluate.files import UnreadableFile
from kith.domain.metrics import calibration_error
from kith.domain.replies.lines import NONE, Floats, Line, Lines, read
from kith.domain.replies.model import CONTACT, conversations, shipped, unanswered
from kith.domain.replies.said import BEFORE

FOLLOWED = 60
"""Judged lines after a question, without which nobody can say that it was not answered."""
_SPOKEN = re.compile(r"\[(\d\d):(\d\d)\] (?:<([^>]+)>|\s*\* (\S+)) ?(.*)")
_DAY = 1_440  # minutes
_PART = re.compile(r"(?:^|[/.])(train|dev|test)(?:[/.-]|$)")


def replies(file: Path) -> None:
    """Link the lines of the logs in FILE and compare with what people have marked; prints metrics as JSON.

    F1 is of links, a line's several right ones each counting, of lines that people wrote; with notices it is that of
    Kummerfeld et al. 2019, whose scaled variation of information (over all logs of a part) is that of conversations.

    Args:
        file: tar or tar.zst with NAME.ascii.txt (the log, "[hh:mm] <nick> text" a line) and NAME.annotation.txt
            ("earlier later -", lines counted from 0; a line with itself begins a conversation).
    """
    print(json.dumps(evaluation(file), indent=2))


def evaluation(file: Path) -> dict[str, Any]:
    """The metrics of each part of the file, beside rules."""
    parts: defaultdict[str, list[Log]] = defaultdict(list)
    for name, judged in read_logs(file):
        found = _PART.search(name)
        parts[found[1] if found else "all"].append(judged)
    model = shipped()
    return {
        part: {
            **metrics(logs, lambda each: model.chances(each.lines, each.start)),
            "lines": sum(len(each.judged) for each in logs),
            "logs": len(logs),
            "baselines": {
                "previous line": metrics(logs, previous),
                "three rules": metrics(logs, by_rules),
            },
        }
        for part, logs in sorted(parts.items())
    }


@dataclass(frozen=True, slots=True)
class Log:
    """The lines that people wrote, the first judged one, and the right answers of each line, by its index.

    ``judged`` are lines of people; ``notices`` the number of judged others, each of which begins something.
    ``raw`` counts the links that people have marked, also with lines that are none of people.
    """

    lines: Lines
    start: int
    judged: NDArray[np.int64]
    right: dict[int, set[int]]
    marked: dict[int, int]
    notices: int

    def truth(self) -> NDArray[np.bool_]:
        """Which candidates are right, from ``start`` on."""
        found = np.zeros((len(self.lines.actor) - self.start, BEFORE + 1), dtype=bool)
        for line in self.judged.tolist():
            for other in self.right[line]:
                back = line - other
                if back <= BEFORE:
                    found[line - self.start, BEFORE if back == 0 else back - 1] = True
        return found


def read_logs(file: Path) -> Iterator[tuple[str, Log]]:
    """Yield the name of each log and what people have marked in it."""
    texts = _texts(file)
    for name in sorted(texts):
        if name.endswith(".ascii.txt"):
            stem = name.removesuffix(".ascii.txt")
            if f"{stem}.annotation.txt" not in texts:
                raise UnreadableFile(f"{file}: {stem}.annotation.txt is missing")
            yield stem, _log(texts[name], texts[f"{stem}.annotation.txt"])


def _texts(file: Path) -> dict[str, str]:
    try:
        raw = file.read_bytes()
        if file.suffix == ".zst":
            raw = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True).read()
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            members = [
                each for each in archive if each.isfile() and each.name.endswith((".ascii.txt", ".annotation.txt"))
            ]
            texts = {each.name: archive.extractfile(each).read().decode(errors="replace") for each in members}  # type: ignore[union-attr]  # files only
    except (OSError, tarfile.TarError, zstandard.ZstdError) as error:
        raise UnreadableFile(f"{file}: {error}") from error
    if not texts:
        raise UnreadableFile(f"{file}: no NAME.ascii.txt in it")
    return texts


def _log(text: str, marks: str) -> Log:
    spoken: list[Line] = []
    index: dict[int, int] = {}
    people: dict[str, int] = {}
    day, before = 0, 0
    for number, line in enumerate(text.split("\n")):
        if found := _SPOKEN.match(line):
            minute = int(found[1]) * 60 + int(found[2])
            day += minute < before - 60
            before = minute
            nick = found[3] or found[4]
            actor = people.setdefault(nick.lower(), len(people))
            index[number] = len(spoken)
            spoken.append(Line(actor, (day * _DAY + minute) * 60.0, found[5], nick))
    links: defaultdict[int, set[int]] = defaultdict(set)
    for mark in marks.splitlines():
        one, other = sorted(int(number) for number in mark.split()[:2])
        links[other].add(one)
    judged = np.array(sorted(index[number] for number in links if number in index), dtype=np.int64)
    back = {place: number for number, place in index.items()}
    last = int(judged[-1]) + 1
    return Log(
        read(spoken[:last]),
        int(judged[0]),
        judged,
        {line: {index[other] for other in links[back[line]] if other in index} for line in judged.tolist()},
        {line: len(links[back[line]]) for line in judged.tolist()},
        sum(number not in index for number in links),
    )


def metrics(logs: Sequence[Log], judge: Callable[[Log], Floats]) -> dict[str, Any]:
    """All metrics of what a judge makes of the logs."""
    chances = [judge(each) for each in logs]
    best, right, marked = _best(logs, chances)
    replies_ = best[:, 0] != BEFORE
    notices = sum(each.notices for each in logs)
    hits, sure = right.sum(), replies_ & (best[:, 1] >= CONTACT)
    begins = sum(int(each.truth()[:, BEFORE].sum()) for each in logs)
    real = max(marked - begins, 1)
    return {
        "f1": _f1(hits, len(best), marked),
        "f1_replies": _f1(int(right[replies_].sum()), int(replies_.sum()), real),
        "f1_with_notices": _f1(hits + notices, len(best) + notices, marked + notices),
        "person": _persons(logs, chances),
        "conversations": _conversations(logs, chances),
        "ece": _rounded(calibration_error(right, best[:, 1])),
        "sure": {
            "from": CONTACT,
            "precision": _rounded(float(right[sure].mean())) if sure.any() else None,
            "recall": _rounded(float(right[sure].sum()) / real),
        },
        "nobody_answered": _nobody(logs, chances),
    }


def previous(each: Log) -> Floats:
    """Rule: each line answers the one before it."""
    found = np.zeros((len(each.lines.actor) - each.start, BEFORE + 1))
    found[:, 0] = 1.0
    return found


def by_rules(each: Log) -> Floats:
    """Rules: the latest line of whom it names; else who named me; else my own line of the last five minutes."""
    lines = each.lines
    found = np.zeros((len(lines.actor) - each.start, BEFORE + 1))
    for line in range(each.start, len(lines.actor)):
        by_named = [other for other in range(line) if lines.actor[other] == lines.named[line, 0]]
        own = int(lines.own[line, 0])
        answers = NONE
        if lines.named[line, 0] != NONE:
            answers = by_named[-1] if by_named else NONE
        elif lines.called[line] > own:
            answers = int(lines.called[line])
        elif own != NONE and lines.at[line] - lines.at[own] <= 300:
            answers = own
        back = line - answers
        found[line - each.start, back - 1 if answers != NONE and back <= BEFORE else BEFORE] = 1.0
    return found


def _best(logs: Sequence[Log], chances: Sequence[Floats]) -> tuple[Floats, NDArray[np.bool_], int]:
    """The best candidate of each judged line and its chance, whether it is right, and how many links are marked."""
    best, right, marked = [], [], 0
    for each, chance in zip(logs, chances, strict=True):
        rows = each.judged - each.start
        place = chance[rows].argmax(1)
        best.append(np.stack([place, chance[rows, place]], 1))
        right.append(each.truth()[rows, place])
        marked += sum(each.marked.values())
    return np.vstack(best).astype(np.float64), np.concatenate(right), marked


def _persons(logs: Sequence[Log], chances: Sequence[Floats]) -> float:
    """How often the person is right, among lines that answer somebody else: chances add up over a person's lines."""
    hits = []
    for each, chance in zip(logs, chances, strict=True):
        actor = each.lines.actor
        for line in each.judged.tolist():
            people = {int(actor[other]) for other in each.right[line] if other != line}
            if not people or actor[line] in people or line in each.right[line]:
                continue
            count = min(line, BEFORE)
            tied: Counter[int] = Counter({NONE: chance[line - each.start, BEFORE]})
            for back in range(count):
                tied[int(actor[line - back - 1])] += chance[line - each.start, back]
            hits.append(max(tied, key=lambda person: tied[person]) in people)
    return _rounded(float(np.mean(hits)))


def _conversations(logs: Sequence[Log], chances: Sequence[Floats]) -> float:
    """1 less the variation of information between found and marked conversations, scaled by the log of all lines."""
    found, marked, both = Counter[Any](), Counter[Any](), Counter[Any]()
    for number, (each, chance) in enumerate(zip(logs, chances, strict=True)):
        mine = conversations(chance, each.start)
        home = _marked(each)
        for line in each.judged.tolist():
            one, other = (number, mine[line - each.start]), (number, home(line))
            found[one] += 1
            marked[other] += 1
            both[one, other] += 1
    total = found.total() + sum(each.notices for each in logs)
    apart = sum(count * (log(count / found[one]) + log(count / marked[other])) for (one, other), count in both.items())
    return _rounded(1 + apart / total / log(total))


def _marked(each: Log) -> Callable[[int], int]:
    leader: dict[int, int] = {}

    def find(line: int) -> int:
        while (above := leader.setdefault(line, line)) != line:
            leader[line] = leader.setdefault(above, above)
            line = above
        return line

    for line, others in each.right.items():
        for other in others:
            leader[find(line)] = find(other)
    return find


def _nobody(logs: Sequence[Log], chances: Sequence[Floats]) -> dict[str, Any]:
    """Whether openings with a question mark were answered by nobody else."""
    truth, chance_of = [], []
    for each, chance in zip(logs, chances, strict=True):
        actor = each.lines.actor
        answered = {
            other
            for line in each.judged.tolist()
            for other in each.right[line]
            if other != line and actor[other] != actor[line]
        }
        nobody = unanswered(chance, actor[each.start :].tolist())
        for line in each.judged[:-FOLLOWED].tolist():
            if line in each.right[line] and each.lines.question[line]:
                truth.append(line not in answered)
                chance_of.append(nobody[line - each.start])
    said, is_so = np.array(chance_of), np.array(truth, dtype=bool)
    found = said >= 0.5
    return {
        "f1": _f1(int((found & is_so).sum()), int(found.sum()), int(is_so.sum())),
        "ece": _rounded(calibration_error(is_so, said)) if len(said) else None,
        "questions": len(said),
    }


def _f1(hits: int, found: int, there: int) -> float:
    return _rounded(2 * float(hits) / max(found + there, 1))


def _rounded(number: float) -> float:
    return round(float(number), 4)
