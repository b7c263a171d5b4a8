"""Trains the shipped model of replies.

Run from the project's root: ``.venv/bin/python -m tests.quality.train_replies``. It needs ``../shared/data``.
"""

import msgspec

from kith.cli.evaluate.replies import read_logs
from kith.domain.replies.training import Lesson, train
from tests.paths import ROOT, SHARED

SHIPPED = ROOT / "api/src/kith/domain/replies/model.json"
VERSION = "1"


def main() -> None:
    """Learn from all marked logs and write the weights."""
    logs = read_logs(SHARED / "data/irc-ubuntu-train/irc-ubuntu-train.tar.zst")
    model = train([Lesson(each.lines, each.start, each.truth()) for _, each in logs], VERSION)
    SHIPPED.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")


if __name__ == "__main__":
    main()
