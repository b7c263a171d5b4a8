"""What README.md shows of a run, and the map of the demo. ``python -m tests.integration.cli.readme`` makes both."""

import json
import re
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.paths import ROOT

if TYPE_CHECKING:
    from tests.integration.cli.test_up import Up

README = ROOT / "README.md"
MAP = ROOT / "docs" / "demo.svg"
SHOWN = (
    "person",
    "other",
    "name",
    "size",
    "cohesion",
    "roles",
    "strength",
    "word",
    "why",
    "as_of",
    "given",
    "received",
    "last_day",
    "days",
)
BRIDGES, PARTS = 3, 5


def screen(said: str, home: Path) -> str:
    """The screen of ``make up`` as the README shows it: without the machine and the token."""
    lines = [line for line in said.splitlines() if not line.startswith(("  The demo", "  Its communities"))]
    text = "\n".join(["$ make up", *lines]).strip()
    text = text.replace(str(home), "~/kith/.kith")
    text = re.sub(r"(  Token   )in .*", r"\1kpat_aaaaaaaa…", text)  # as on a terminal
    text = re.sub(r"(  Sign in )in .*", r"\1http://localhost:8000/sign-in/links/aaaaaaaa…", text)
    return re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8000", text)


def answers(found: Sequence[Any]) -> str:
    """The first entry of each answer, without most of its fields, one line a field."""
    entries = [answer["data"][0] if "data" in answer else answer for answer in found]
    return "\n".join(json.dumps(_short(entry), ensure_ascii=False, indent=2) for entry in entries)


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    short = {field: entry[field] for field in SHOWN if field in entry}
    for field in {"person", "other"} & short.keys():
        short[field] = {"name": short[field]["name"], "…": "…"}
    if "roles" in short:
        short["roles"] = [{"role": role["role"], "sentence": role["sentence"], "…": "…"} for role in short["roles"]]
    for field in {"given", "received"} & short.keys():  # of a detail, each has parts
        short[field] = short[field] if isinstance(short[field], int) else short[field]["interactions"]
    return short | {"…": "…"}


def bridges(up: "Up") -> list[str]:
    """What is said of those who connect communities: first who connects most people with most other communities."""
    found = []
    for community in ask(up, "/v1/communities?level=0&limit=20")["data"]:
        for holder in ask(up, f"/v1/communities/{community['id']}/roles?role=connector&limit=5")["data"]:
            (role,) = holder["roles"]
            found.append(((role["evidence"]["communities"] - 1) * role["evidence"]["contacts"], role["sentence"]))
    return [sentence for _, sentence in sorted(found, reverse=True)]


def explained(detail: dict[str, Any]) -> str:
    """A strength as the sum of its parts, the weightiest first."""
    parts = sorted(detail["contributions"], key=lambda part: -abs(part["log_odds"]))
    rest = sum(part["log_odds"] for part in parts[PARTS:]) + detail["hidden"]["log_odds"]
    lines = [
        f"{detail['person']['name']} and {detail['other']['name']}: {detail['strength']:.0%}, {detail['why']}",
        f"  {detail['model']['intercept']:+6.2f}  before any evidence",
        *(f"  {part['log_odds']:+6.2f}  {part['meaning']}" for part in parts[:PARTS]),
        f"  {rest:+6.2f}  {len(parts) - PARTS} further parts",
        f"  {detail['log_odds']:+6.2f}  log-odds, which is {detail['strength']:.0%}",
    ]
    return "\n".join(lines)


def drawn(up: "Up") -> str:
    """The map of all communities that are tied."""
    top = max(
        ask(up, "/v1/communities?limit=100")["data"], key=lambda community: (community["level"], community["size"])
    )
    return str(ask(up, f"/v1/communities/{top['id']}/map", "image/svg+xml"))


def ask(up: "Up", path: str, wanted: str = "application/json") -> Any:
    token = (up.home / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Accept": wanted}
    request = urllib.request.Request(f"http://127.0.0.1:{up.port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read().decode()
    return json.loads(text) if wanted == "application/json" else text


def constant(text: str) -> str:
    """The text without what differs from run to run: ids, what ids decide between equals, and so all numbers."""
    text = re.sub(r"\b(per|com)_\w{26}", r"\1_", text)
    text = re.sub(r'( · )[^"]*', r"\1", text)  # topics, of which several may say as much
    return re.sub(r"\d[\d,.]*", "0", text)


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
            blocks = {
                "screen": screen(up.said, up.home),
                "bridges": "\n".join(bridges(up)[:BRIDGES]),
                "explained": explained(found[-1]),
                "answers": answers(found),
            }
            MAP.write_text(drawn(up))
        finally:
            up.stop()
    text = README.read_text()
    for block, content in blocks.items():
        old = shown(block, text)
        text = text.replace(f"\n{old}\n```\n<!-- /{block} -->", f"\n{content}\n```\n<!-- /{block} -->")
    README.write_text(text)


if __name__ == "__main__":
    main()
