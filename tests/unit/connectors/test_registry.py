"""A broken distribution is put aside with its reason, and harms no other."""

import subprocess
import sys
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path

import pytest

from kith.connectors import Fault, _registry, describe, load_registry
from kith.connectors.ndjson import NdjsonConnector

GOOD = """
from typing import Annotated
import msgspec
from kith.connectors import Report, hookimpl

class RolodexConfig(msgspec.Struct, frozen=True):
    path: Annotated[str, msgspec.Meta(title="Card file")]

class Rolodex:
    name = "{name}"
    title = "Rolodex"
    description = "A box of cards."
    version = "1"
    Config = RolodexConfig
    async def check(self, config, context): return Report("ok")
    async def pull(self, config, cursor, context):
        return
        yield

@hookimpl
def kith_connectors():
    return [Rolodex()]
"""


def install(folder: Path, distribution: str, source: str) -> EntryPoint:
    """Put a distribution with one connector module where Python finds it, as pip would."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[kith.connectors]\n{module} = {module}\n")
    [entry] = Distribution.at(info).entry_points
    return entry


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_partners_connector_stands_beside_ours(site: Path) -> None:
    install(site, "acme-rolodex", GOOD.format(name="acme.rolodex"))
    registry = load_registry()
    assert {"git", "mail", "ndjson", "acme.rolodex"} <= registry.connectors.keys()
    assert registry.faults == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def kith_connectors(", "SyntaxError"),
        (GOOD.format(name="x").replace("return [Rolodex()]", "1 / 0"), "ZeroDivisionError"),
        (GOOD.format(name="ndjson"), "the name 'ndjson' is already taken"),
        (GOOD.format(name="Rolo dex"), "is no name of a connector"),
        (GOOD.format(name="x").replace("[Rolodex()]", "[Rolodex(), Rolodex()]"), "the name 'x' is already taken"),
        ("import time; time.sleep(60)", "TimeoutError: it takes longer than 0.5 seconds"),
        ("while True: pass", "TimeoutError: it takes longer than 0.5 seconds"),
        (GOOD.format(name="x").replace("return [Rolodex()]", "import time; time.sleep(60)"), "TimeoutError"),
        (GOOD.format(name="x").replace('version = "1"', ""), "AttributeError"),
        (GOOD.format(name="x").replace("def kith_connectors()", "def kith_connectors(host)"), "PluginValidationError"),
    ],
)
def test_a_broken_distribution_is_put_aside_and_the_others_work(
    site: Path, source: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_registry, "IMPORT_SECONDS", 0.5)
    bad = install(site, f"bad-{abs(hash(source))}", source)
    good = install(site, f"good-{abs(hash(source))}", GOOD.format(name="good"))
    [ours] = [
        entry for entry in next(iter(distributions(name="kith-connectors"))).entry_points if entry.name == "ndjson"
    ]
    registry = load_registry([bad, good, ours])
    assert set(registry.connectors) == {"ndjson", "good"}
    assert isinstance(registry.connectors["ndjson"], NdjsonConnector)
    [fault] = registry.faults
    assert isinstance(fault, Fault)
    assert fault.distribution.startswith("bad-")
    assert reason in fault.reason


def test_a_manifest_holds_the_schema_that_a_form_needs() -> None:
    manifest = describe(NdjsonConnector())
    assert (manifest.name, manifest.title) == ("ndjson", "NDJSON file")
    definition = manifest.config_schema["$defs"]["NdjsonConfig"]
    assert definition["properties"]["path"]["title"] == "File"
    assert definition["required"] == ["path"]


@pytest.mark.parametrize("module", ["kith.connectors", "kith.connectors.git", "kith.connectors.mail"])
def test_importing_a_connector_does_no_work(module: str) -> None:
    """Nothing heavy comes along: no HTTP client, no mail parser, no subprocess."""
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"httpx2", "email.parser"} & set(loaded)
