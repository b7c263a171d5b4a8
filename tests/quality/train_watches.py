"""Writes which English words are common, and the measurements in docs/watches.md.

Common are those that people write in small letters both in mail and in chat. Run from the project's root:
``.venv/bin/python -m tests.quality.train_watches``. It needs ``../shared/data``.
"""

import csv
import re
import tarfile
from collections.abc import Iterable, Iterator

import zstandard

from kith.cli.evaluate.mentions import evaluation
from tests.paths import ROOT, SHARED

MAIL = SHARED / "data/asks-email/sentences.csv"
CHAT = SHARED / "data/irc-ubuntu-train/irc-ubuntu-train.tar.zst"
THREADS = SHARED / "data/mentions-email/threads.jsonl.zst"
DOCUMENT = ROOT / "docs/watches.md"
WORDS = ROOT / "api/src/kith/domain/watches/common.txt"

_WORD = re.compile(r"[^\W\d_]{2,}")


def mail() -> Iterator[str]:
    with MAIL.open(newline="") as file:
        for row in csv.DictReader(file):
            yield row["text"]


def chat() -> Iterator[str]:
    with zstandard.open(CHAT, "rb") as packed, tarfile.open(fileobj=packed, mode="r|") as files:
        for each in files:
            if each.name.endswith(".txt") and (text := files.extractfile(each)):
                yield text.read().decode(errors="replace")


def small(texts: Iterable[str]) -> set[str]:
    """Return the words that stand in small letters anywhere."""
    return {word for text in texts for word in _WORD.findall(text) if word.islower()}


def table() -> str:
    """The rows of the measurements."""
    found = evaluation(THREADS)
    ways = {"the model": found, **{f"rule: {name}": each for name, each in found["baselines"].items()}}
    rows = [
        f"| {name} | {each['precision']:.3f} | {each['recall']:.3f} | {each['f1']:.3f} |" for name, each in ways.items()
    ]
    return "\n".join(["| | precision | recall | F1 |", "|---|---|---|---|", *rows])


def main() -> None:
    words = sorted(small(mail()) & small(chat()))
    WORDS.write_text("\n".join(words) + "\n")
    print(f"{len(words)} words")
    written = re.sub(
        r"(?s)(<!-- mentions -->\n).*(\n<!-- /mentions -->)",
        lambda found: f"{found[1]}{table()}{found[2]}",
        DOCUMENT.read_text(),
    )
    DOCUMENT.write_text(written)


if __name__ == "__main__":
    main()
