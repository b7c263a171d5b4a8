"""``kith evaluate asks``: which sentences ask something of their reader?"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from kith.cli.evaluate.files import UnreadableFile, read_columns
from kith.domain.asks.model import LISTED, SHOWN, Model, fingerprint, shipped
from kith.domain.asks.parts import NAMED, named
from kith.domain.asks.training import train
from kith.domain.asks.words import words
from kith.domain.metrics import average_precision, calibration_error

FOLDS = 5
FEWEST = 100
"""Sentences below which five folds say nothing."""

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]


def asks(file: Path, *, seed: int = 0, ablation: bool = False) -> None:
    """Tell the asks of FILE; prints metrics as JSON.

    The shipped model judges sentences that it has not learnt from. Where they are those that taught it, each of five
    random folds is judged by a model that has learnt from the others.

    Args:
        file: csv or csv.zst with the columns ask (1 or 0) and text (one sentence).
        seed: of the folds.
        ablation: add what the folds give without each part.
    """
    print(json.dumps(evaluation(file, seed, ablation=ablation), indent=2))


def evaluation(file: Path, seed: int = 0, *, ablation: bool = False) -> dict[str, Any]:
    """How right the asks are, beside baselines, and what the model costs."""
    said, truth = read(file)
    model = shipped()
    taught = fingerprint(said) == model.taught
    began = time.process_time()
    score = log_odds(model, said)
    seconds = time.process_time() - began
    if taught:
        score = in_folds(said, truth, seed)
    without = ["phrases", *NAMED] if ablation else []
    return {
        "protocol": f"{FOLDS} random folds" if taught else "the shipped model on sentences that it has not seen",
        **_metrics(truth, score),
        "ece": round(calibration_error(truth, expit(score)), 4),
        "listed": _metrics(truth, score - _odds(LISTED)) | {"from": LISTED},
        "sentences": len(said),
        "asks": int(truth.sum()),
        "sentences_per_second": round(len(said) / seconds),
        "model_bytes": len(msgspec.json.encode(model)),
        "baselines": _baselines(said, truth),
        **(
            {"without": {part: _metrics(truth, in_folds(said, truth, seed, part)) for part in without}}
            if without
            else {}
        ),
    }


def read(file: Path) -> tuple[list[str], Flags]:
    """Read sentences and whether each is an ask."""
    columns = read_columns(file, ["ask", "text"])
    if wrong := set(columns["ask"]) - {"0", "1"}:
        raise UnreadableFile(f"{file}: column ask is 0 or 1, not {min(wrong)}")
    truth = np.array([ask == "1" for ask in columns["ask"]])
    if len(truth) < FEWEST or truth.all() or not truth.any():
        raise UnreadableFile(f"{file}: {FEWEST} sentences are needed, some of them asks and some not")
    return columns["text"], truth


def log_odds(model: Model, said: Sequence[str]) -> Scores:
    """The log-odds of each sentence."""
    return np.array([model.log_odds(sentence) for sentence in said])


def in_folds(said: list[str], truth: Flags, seed: int, *without: str) -> Scores:
    """The log-odds of each sentence by a model that has learnt from the other folds."""
    fold = np.random.default_rng(seed).permutation(len(truth)) % FOLDS
    score = np.zeros(len(truth))
    for each in range(FOLDS):
        known, asked = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
        model = train([said[i] for i in known], truth[known].tolist(), "fold", without)
        score[asked] = log_odds(model, [said[i] for i in asked])
    return score


def _baselines(said: Sequence[str], truth: Flags) -> dict[str, dict[str, float]]:
    present = [named(sentence, words(sentence)).keys() for sentence in said]
    rules = {"question mark": {"mark"}, "question mark or request words": {"mark", "request"}}
    return {name: _right(truth, np.array([bool(parts & each) for each in present])) for name, parts in rules.items()}


def _metrics(truth: Flags, score: Scores) -> dict[str, float]:
    return {**_right(truth, score >= _odds(SHOWN)), "ap": round(average_precision(truth, score), 4)}


def _right(truth: Flags, found: Flags) -> dict[str, float]:
    right = int((truth & found).sum())
    return {
        "f1": round(2 * right / max(int(truth.sum() + found.sum()), 1), 4),
        "precision": round(right / max(int(found.sum()), 1), 4),
        "recall": round(right / max(int(truth.sum()), 1), 4),
    }


def _odds(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))
