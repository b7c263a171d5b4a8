"""README.md: what a newcomer reads first."""

import re
import subprocess

from kith.connectors import load_registry
from tests.docs.test_links import FENCE
from tests.paths import ROOT

TEXT = (ROOT / "README.md").read_text()


def test_it_says_what_kith_is_in_ten_lines_and_then_the_two_commands() -> None:
    introduction, _, rest = TEXT.partition("```")
    assert 5 <= sum(bool(line.strip()) for line in introduction.splitlines()[1:]) <= 10
    commands = [line.split("#")[0].strip() for line in rest.partition("```")[0].splitlines()]
    assert [command for command in commands if command] == ["make up", "make test"]


def test_it_lists_the_networks_that_are_read() -> None:
    listed = re.search(r"It reads (.*?);", TEXT, re.DOTALL)
    assert listed
    assert {*re.findall(r"`(\w+)`", listed[1]), "ndjson"} == load_registry().connectors.keys()


def test_every_target_of_make_that_a_document_names_exists_and_is_listed() -> None:
    listed = set(
        re.findall(r"make (\w+)", subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    )
    assert {"up", "test", "check", "bench", "env"} <= listed
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        named = set(re.findall(r"(?:`|^)make (\w+)", path.read_text(), re.MULTILINE))
        assert named <= listed, path.name


def test_every_command_of_kith_that_a_document_names_exists() -> None:
    from kith.cli.commands import app

    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        text = path.read_text()
        fenced = "\n".join(block for block in FENCE.findall(text) if block.startswith("```\n"))
        for words in re.findall(r"`kith ([a-z ]+)", text) + re.findall(r"^kith ([a-z ]+)", fenced, re.MULTILINE):
            command, *more = words.split()
            assert command in app, f"{path.name}: kith {command}"
            if more and command in {"sources", "token", "evaluate"}:
                assert more[0] in app[command], f"{path.name}: kith {command} {more[0]}"


def test_every_command_of_kith_is_documented() -> None:
    from kith.cli.commands import app

    text = (ROOT / "docs" / "operating.md").read_text()
    assert [name for name in app if not name.startswith("-") and f"`kith {name}" not in text] == []
