"""Make the demo community from the data set trailers-git: ``python -m kith.cli.demo.make ../shared/data/trailers-git``.

The same data set gives the same records in the same order. ORIGIN.md says what they are and whose.
"""

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import zstandard

from kith.cli.demo import FILE
from kith.connectors import (
    Channel,
    Conversation,
    Coverage,
    Identity,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
)
from kith.connectors.ndjson import write

NETWORK = "git"
#: Who issued the keys: numbers and short hashes of this data set must not meet those of a real clone.
HOST = "trailers-git"
WEB = "https://git.kernel.org/pub/scm/git/git.git"
#: An area that fewer acts name is a slip or a file; its acts belong to the repository itself.
MIN_ACTS_OF_AREA = 10

KINDS: dict[str, InteractionKind] = {
    "reviewed-by": "review",
    "acked-by": "approve",
    "tested-by": "test",
    "reported-by": "report",
    "reported-and-tested-by": "report",
    "found-by": "report",
    "suggested-by": "suggest",
    "requested-by": "suggest",
    "helped-by": "help",
    "improved-by": "help",
    "mentored-by": "help",
    "co-authored-by": "contribute",
    "co-developed-by": "contribute",
    "signed-off-by": "sign_off",
}

REPOSITORY = Ref(NETWORK, "git/git", HOST)


def records(folder: Path) -> Iterator[Record]:
    """The whole community: people, places, then each commit with the acts on it, oldest first."""
    acts = list(_rows(folder / "interactions.csv.zst"))
    acts_of_area = Counter(act["area"] for act in acts)
    areas = {area for area, count in acts_of_area.items() if area and count >= MIN_ACTS_OF_AREA}
    last_seen = {person: act["ts"] for act in acts for person in (act["src"], act["dst"])}

    for row in _rows(folder / "people.csv.zst"):
        # A few published an address in place of a name; no address goes into the demo.
        name = row["name"] if "@" not in row["name"] else ""
        yield Identity(_person(row["person"]), "person", name=name or None, seen_at=_moment(last_seen[row["person"]]))
    yield Channel(REPOSITORY, "repository", "git/git", url=f"{WEB}/", visibility="public")
    for area in sorted(areas):
        yield Channel(_area(area), "area", area, parent=REPOSITORY, visibility="public")

    seen: set[InteractionRef | Ref] = set()
    for act in acts:
        channel = _area(act["area"]) if act["area"] in areas else REPOSITORY
        commit, url = Ref(NETWORK, act["commit"], HOST), f"{WEB}/commit/?id={act['commit']}"
        if commit not in seen:
            seen.add(commit)
            yield Conversation(commit, channel, url=url)
        # Without a text the same trailer twice is one act; mentoring and helping on one commit are two words for one.
        ref = InteractionRef(NETWORK, act["commit"], KINDS[act["kind"]], HOST, actor=_person(act["src"]))
        if ref not in seen:
            seen.add(ref)
            yield Interaction(
                ref,
                _person(act["src"]),
                _moment(act["ts"]),
                targets=(Target(_person(act["dst"]), "author"),),
                channel=channel,
                conversation=commit,
                native_kind=act["kind"],
                url=url,
                visibility="public",
            )
    yield Coverage("read", since=_moment(acts[0]["ts"]), until=_moment(str(int(acts[-1]["ts"]) + 1)))


def _person(number: str) -> Ref:
    return Ref(NETWORK, number, HOST)


def _area(name: str) -> Ref:
    return Ref(NETWORK, f"git/git/{name}", HOST)


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as text:
        yield from csv.DictReader(io.TextIOWrapper(text, encoding="utf-8"))


if __name__ == "__main__":
    print(f"{write(FILE, records(Path(sys.argv[1])))} records in {FILE.name}, {FILE.stat().st_size} bytes")
