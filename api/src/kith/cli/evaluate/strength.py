"""``kith evaluate strength``: will a known pair be in touch again? The production model on real past and future."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray
from scipy.special import expit

from kith.cli.evaluate.files import UnreadableFile, encode, integers, read_columns
from kith.cli.evaluate.kinds import known
from kith.domain import classes
from kith.domain.classes import numbered
from kith.domain.metrics import auc, average_precision
from kith.domain.strength.baselines import LOGIT_11, SINGLE, baselines
from kith.domain.strength.calibration import WINDOWS, calibrate
from kith.domain.strength.contact import Activity, Contacts, Integers, Reals
from kith.domain.strength.features import measure
from kith.domain.strength.fit import fit
from kith.domain.strength.model import HORIZON_DAYS, Model, Network, Trained, parse, shipped
from kith.domain.strength.new_contacts import NAMES, PULL, Candidates, candidates, network, sample
from kith.domain.strength.quality import quality
from kith.domain.strength.tally import Tally, people, tally
from kith.domain.strength.training import MOMENTS, learn
from kith.domain.strength.windows import Window, meet, window

DAY = 86_400
PATHS = 3e6
"""First contacts are foretold for people from whom about so many paths of two steps begin."""
FEWEST = 100
"""Interactions below which a past and a future cannot be told apart."""
SPLIT = 0.8
"""The test begins after so much of the file; earlier windows are as long in proportion, each up to the next."""

_CONVERSATION = np.array([kind in classes.CONVERSATION for kind in classes.ORDER])
_HANDLING = np.array([kind in classes.HANDLING for kind in classes.ORDER])


@dataclass(frozen=True, slots=True)
class Log:
    """The interactions of a file, oldest first; times in seconds, people as numbers.

    ``word`` numbers the file's own words for kinds, which stand for places; ``kind`` is the place in ``classes.ORDER``.
    """

    time: Integers
    source: Integers
    target: Integers
    word: Integers
    kind: Integers

    def moment(self, share: float, split: str) -> int:
        """Return the time after ``share`` of the clock time or of the interactions."""
        if split == "time":
            return int(self.time[0] + share * (self.time[-1] - self.time[0]))
        return int(self.time[min(int(share * len(self.time)), len(self.time) - 1)])

    def contacts(self, before: int) -> Contacts:
        """Return the contact by day of all that happened before a time."""
        past = self.time < before
        return self._contacts(past)

    def met(self, pairs: Tally | Candidates, start: int, end: int, *, conversed: bool = True) -> NDArray[np.bool_]:
        """Whether each pair conversed, or had any contact at all, between two times."""
        later = (self.time >= start) & (self.time < end)
        if conversed:
            later &= _CONVERSATION[self.kind]
        return meet(pairs.a, pairs.b, self.source[later], self.target[later])

    def _contacts(self, rows: NDArray[np.bool_]) -> Contacts:
        # Handling has one place, so that what was told twice is found.
        place = np.where(_HANDLING[self.kind], -1, self.word)
        return Contacts.of(
            self.source[rows], self.target[rows], self.time[rows] // DAY, place[rows], kind=self.kind[rows]
        )


@dataclass(frozen=True, slots=True)
class Past:
    """All that was known at a time, and which pairs conversed, or had any contact, from it to the end of a window."""

    contacts: Contacts
    pairs: Tally
    window: Window
    any_contact: NDArray[np.bool_]
    day: int


def strength(
    file: Path,
    *,
    split: Literal["time", "event"] = "time",
    weights: Literal["self", "shipped"] = "self",
    model: Path | None = None,
    without: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    new_contacts: bool = False,
) -> None:
    """Predict who is in touch in the last fifth of FILE from what was before; prints metrics beside baselines as JSON.

    Being in touch is talk and help; handling (signed-off-by, merged, applied), signals and presence are evidence of it
    alone. How well the same chances foretell any contact at all stands under `any_contact`.

    Args:
        file: csv or csv.zst with the columns ts (seconds), src, dst and perhaps kind.
        split: cut by clock time or by the number of interactions.
        weights: of the file's own, where its earlier windows teach them, or the shipped ones; the level of the chances
            is set by the earlier windows in either case, where that would have foretold the last of them better.
        model: weights to be used instead of the shipped ones, as written by ``kith evaluate train``.
        without: networks whose lessons are left out of the weights, so that they are judged on what they have not seen.
        new_contacts: foretell first contacts of people two steps apart as well.
    """
    log = read(file)
    result = evaluation(log, split, weights, _start(model, without))
    if new_contacts:
        result["new_contacts"] = first_contacts(log, split)
    print(json.dumps(result, indent=2))


def train(files: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)], *, out: Path, version: str) -> None:
    """Learn the shipped weights from FILES, each named after its directory.

    Args:
        files: as read by ``kith evaluate strength``.
        out: where the weights are written, as JSON.
        version: the version that every number will carry.
    """
    networks = [_network(file) for file in files]
    trained = Trained(version, HORIZON_DAYS, networks)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(trained), indent=1) + b"\n")
    print(f"{out}: weights of {len(networks)} networks", file=sys.stderr)


def read(file: Path) -> Log:
    """Read a file of interactions; those of people with themselves are left out."""
    columns = read_columns(file, ["ts", "src", "dst"], optional=["kind"])
    time = integers(columns["ts"], "ts")
    _, (source, target) = encode(columns["src"], columns["dst"])
    words = columns.get("kind", [""] * len(time))
    _, (word,) = encode(words)
    kind = np.array(numbered(known(words)), dtype=np.int64)
    order = np.argsort(time, kind="stable")
    order = order[source[order] != target[order]]
    if len(order) < FEWEST:
        raise UnreadableFile(f"{file}: {len(order)} interactions between people are too few; {FEWEST} are needed")
    return Log(time[order], source[order], target[order], word[order], kind[order])


def lessons(log: Log) -> list[Window]:
    """Return the windows of one horizon each that the shipped weights are learnt from."""
    contacts = log.contacts(int(log.time[-1]) + 1)
    activity = Activity.from_contacts(contacts)
    starts = [log.moment(share, "event") // DAY for share in MOMENTS]
    complete = [start for start in starts if start + HORIZON_DAYS <= contacts.day.max()]
    return [window(contacts, activity, start, start + HORIZON_DAYS) for start in complete]


def evaluation(log: Log, split: str, weights: str, start: Model) -> dict[str, object]:
    """Return the metrics of the model and of the baselines on the last fifth of the log."""
    ends = [int(log.time[-1]) + 1, *(log.moment(SPLIT**power, split) for power in range(1, WINDOWS + 2))]
    now, *before = (_past(log, start, end) for end, start in pairwise(ends))
    windows = list(takewhile(lambda window: len(window.met), (past.window for past in before)))
    own = weights == "self"
    used = calibrate(start, windows, now.window.values, "self" if own else "level", own_weights=own)
    chance = expit(used.log_odds(now.window.values))
    found = quality(now.window.met, chance)
    return {
        **{name: rounded(value) for name, value in asdict(found).items()},
        "model": used.version,
        "any_contact": _ranking(now.any_contact, chance),
        "baselines": _baselines(before[0], now),
    }


def first_contacts(log: Log, split: str) -> dict[str, object]:
    """Return the metrics on pairs two steps apart: will they meet in the last fifth of the log?"""
    ends = [int(log.time[-1]) + 1, *(log.moment(SPLIT**power, split) for power in (1, 2))]
    (now, met), (past, met_then) = (_strangers(log, ends[i + 1], ends[i]) for i in range(2))
    if met_then.all() or not met_then.any():
        return {"pairs": len(met), "met": int(met.sum()), "auc": None, "ap": None}
    chance = now.values @ fit(past.values, met_then, pull=PULL, lowest=None).weights
    adamic_adar, quieter, busier = (
        np.expm1(now.values[:, NAMES.index(name)])
        for name in ("adamic_adar_90", "quieter_active_90", "busier_active_90")
    )
    scores = {"adamic_adar_90": adamic_adar, "adamic_adar_90 x activity": adamic_adar * np.sqrt(quieter * busier)}
    return {
        "pairs": len(met),
        "met": int(met.sum()),
        **_ranking(met, chance),
        "baselines": {name: _ranking(met, score) for name, score in scores.items()},
    }


def rounded(value: float) -> float | None:
    """Six decimals; nothing where a metric does not exist."""
    return None if np.isnan(value) else round(value, 6)


def _start(model: Path | None, without: Sequence[str]) -> Model:
    try:
        return (shipped() if model is None else parse(model.read_bytes())).model(without)
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"weights: {error}") from error


def _network(file: Path) -> Network:
    try:
        return learn(file.resolve().parent.name, lessons(read(file)))
    except ValueError as error:
        raise UnreadableFile(f"{file}: {error}") from error


def _past(log: Log, start: int, end: int) -> Past:
    contacts = log.contacts(start)
    day = start // DAY
    pairs = tally(contacts, Activity.from_contacts(contacts), day)
    met = log.met(pairs, start, end)
    return Past(contacts, pairs, Window(measure(pairs), met), log.met(pairs, start, end, conversed=False), day)


def _baselines(past: Past, now: Past) -> dict[str, dict[str, float | None]]:
    met = now.window.met
    learnt_on, judged_on = (baselines(each.contacts, each.pairs, each.day) for each in (past, now))
    found: dict[str, dict[str, float | None]] = {name: _ranking(met, judged_on[name]) for name in SINGLE}
    if past.window.met.any() and not past.window.met.all():
        eleven = fit(_columns(learnt_on, LOGIT_11), past.window.met, pull=1.0, lowest=None)
        score = _columns(judged_on, LOGIT_11) @ eleven.weights + eleven.intercept
        level = quality(met, expit(score))
        found["logit-11"] = _ranking(met, score) | {"brier": rounded(level.brier), "ece": rounded(level.ece)}
    return found


def _ranking(met: NDArray[np.bool_], score: Reals) -> dict[str, float | None]:
    return {"auc": rounded(auc(met, score)), "ap": rounded(average_precision(met, score))}


def _strangers(log: Log, start: int, end: int) -> tuple[Candidates, NDArray[np.bool_]]:
    contacts = log.contacts(start)
    activity = Activity.from_contacts(contacts)
    pairs = tally(contacts, activity, start // DAY)
    known = network(pairs, people(activity, start // DAY, 0))
    found = candidates(known, sample(known, PATHS))
    return found, log.met(found, start, end)


def _columns(parts: dict[str, Reals], names: Sequence[str]) -> NDArray[np.float64]:
    return np.column_stack([parts[name] for name in names])
