"""What holds for the repository as a whole."""

import re
import subprocess
from pathlib import Path

from tests.paths import ROOT


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True
    ).stdout
    return [ROOT / name for name in listing.decode().split("\0") if name]


def test_kith_is_a_namespace_of_several_distributions() -> None:
    assert [path for path in tracked("*/kith/__init__.py") if path.parent.parent.name == "src"] == []


def test_lock_files_hold_hashes_and_no_address() -> None:
    locks = tracked("*.lock")
    assert {"requirements.lock", "requirements-dev.lock"} <= {path.name for path in locks}
    for path in locks:
        text = path.read_text()
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text), f"{path.name} names an address"
        packages = re.findall(r"^(\S+)==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
        assert len(packages) == len(re.findall(r"^\S+==", text, re.MULTILINE)), f"{path.name} lacks a hash"


def test_lock_files_of_node_hold_hashes_and_no_address() -> None:
    for path in tracked("*package-lock.json"):
        text = path.read_text()
        assert not re.search(r"https?://", text), f"{path.name} names an address"
        assert text.count('"integrity"') == text.count('"node_modules/'), f"{path.name} lacks a hash"


def test_what_kith_needs_is_part_of_what_its_developers_need() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements.lock") < pins("requirements-dev.lock")


def test_no_path_of_a_machine_is_committed() -> None:
    home = re.compile(rb"/(?:root|home/\w+|Users/\w+|work)/[\w.-]+/")
    for path in tracked():
        if path.suffix in {".zst", ".gz"} or not path.is_file():
            continue
        found = home.search(path.read_bytes())
        assert not found, f"{path.relative_to(ROOT)}: {found[0]!r}"


def test_no_file_is_larger_than_two_megabytes() -> None:
    assert [path.name for path in tracked() if path.is_file() and path.stat().st_size > 2_000_000] == []


def test_the_changelog_says_what_is_to_come() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text
    headings = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert headings <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_suppression_gives_its_reason() -> None:
    bare = re.compile(r"#\s*(?:noqa(?::\s*[A-Z0-9, ]+)?|type:\s*ignore(?:\[[\w, -]+\])?)\s*$")
    for path in tracked("*.py"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not bare.search(line), f"{path.relative_to(ROOT)}:{number} suppresses without a reason"


def test_every_package_is_on_the_map() -> None:
    mapped = set(re.findall(r"^\| `([\w./-]+)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    assert [name for name in mapped if not (ROOT / name).exists()] == []
    folders = {str(path.parent.relative_to(ROOT)) for path in tracked("*/src/kith/*/__init__.py")}
    top = {name for name in folders if name.count("/") == 3}
    assert top <= mapped
    tests = {
        str(path.parent.relative_to(ROOT))
        for path in tracked("tests/*/__init__.py")
        if len(path.relative_to(ROOT).parts) == 3
    }
    assert tests <= mapped


def test_each_step_of_a_walk_is_one_file_and_none_is_walked_twice() -> None:
    steps = re.findall(r"^\| [A-Z].*\. \| `([\w./-]+\.py)` \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert len(steps) >= 12
    assert len(set(steps)) == len(steps)
    assert [step for step in steps if not (ROOT / step).is_file()] == []
