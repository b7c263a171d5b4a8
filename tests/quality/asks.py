"""The question-and-answer communities as files of interactions: who answered or commented on whose post."""

import csv
import io
import tempfile
from datetime import datetime
from pathlib import Path

import zstandard

from kith.cli.evaluate.strength import Log, read


def interactions(acts: Path) -> Log:
    """Read the acts that are towards somebody."""
    with zstandard.open(acts, "rt", encoding="utf-8") as text:
        rows = [
            (int(datetime.fromisoformat(act["ts"]).timestamp()), act["actor"], act["target"], act["kind"])
            for act in csv.DictReader(io.StringIO(text.read()))
            if act["target"]
        ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "interactions.csv"
        with file.open("w", newline="") as out:
            csv.writer(out).writerows([("ts", "src", "dst", "kind"), *rows])
        return read(file)
