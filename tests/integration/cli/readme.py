"""What README.md shows of a run. ``python -m tests.integration.cli.readme`` rewrites it from a real one."""

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.paths import ROOT

README = ROOT / "README.md"
SHOWN = (
    "person",
    "other",
    "strength",
    "word",
    "as_of",
    "given",
    "received",
    "last_day",
    "native_kind",
    "actor",
    "targets",
    "occurred_at",
    "url",
)


def screen(said: str, home: Path) -> str:
    """The screen of ``make up`` as the README shows it: without the machine and the token."""
    lines = [line for line in said.splitlines() if not line.startswith("  Loading")]
    text = "\n".join(["$ make up", *lines]).strip()
    text = text.replace(str(home), "~/kith/.kith")
    text = re.sub(r"(  Token  )in .*", r"\1kpat_aaaaaaaa…", text)  # as on a terminal
    return re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8000", text)


def answers(found: Sequence[Any]) -> str:
    """The first entry of each answer, without most of its fields, one line a field."""
    return "\n".join(json.dumps(_short(answer["data"][0]), ensure_ascii=False, indent=2) for answer in found)


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    def name(thing: dict[str, Any]) -> str:
        return str(thing["name"])

    short = {field: entry[field] for field in SHOWN if field in entry}
    for field in {"person", "other", "actor"} & short.keys():
        short[field] = {"name": name(short[field]), "…": "…"}
    if "targets" in short:
        short["targets"] = [
            {"identity": {"name": name(target["identity"]), "…": "…"}, "…": "…"} for target in short["targets"]
        ]
    return short | {"…": "…"}


def constant(text: str) -> str:
    """The text without what differs from run to run: ids, what ids decide between equals, seconds, strengths."""
    text = re.sub(r"per_\w{26}", "per_", text)
    text = re.sub(r"id=[0-9a-f]{12}", "id=", text)
    text = re.sub(r"\d+\.\d s\b", "0 s", text)
    return re.sub(r'"strength": ([\d.]+|null)', '"strength": 0', text)


def values(answers: str) -> list[str]:
    """The constant values of answers, sorted: which of a pair comes first is decided by ids."""
    return sorted(re.findall(r": ([^{\[\n]+?),?\n", constant(answers)))


def shown(block: str, text: str | None = None) -> str:
    """What the README holds between ``<!-- block -->`` and ``<!-- /block -->``, without the fence."""
    found = re.search(
        rf"<!-- {block} -->\n```\w*\n(.*?)\n```\n<!-- /{block} -->", text or README.read_text(), re.DOTALL
    )
    assert found, f"README.md has no block {block}"
    return found[1]


def main() -> None:
    from tests.integration.cli.test_up import Up

    with tempfile.TemporaryDirectory() as folder:
        up = Up(Path(folder) / "home")
        try:
            found = up.calls()
            blocks = {"screen": screen(up.said, up.home), "answers": answers(found)}
        finally:
            up.stop()
    text = README.read_text()
    for block, content in blocks.items():
        old = shown(block, text)
        text = text.replace(f"\n{old}\n```\n<!-- /{block} -->", f"\n{content}\n```\n<!-- /{block} -->")
    README.write_text(text)


if __name__ == "__main__":
    main()
