"""docs/errors.md names every code of a job's error and of what a run could not read, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from kith.connectors import ConnectorError
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "errors.md").read_text()
JOBS, RUNS = TEXT.split("## Runs")
RAISED = {"Failed": 0, "Later": 0}
LEFT_OUT = {"Skip": 1, "skip": 1, "Problem": 1, "_problem": 1}


def documented(text: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


def modules() -> Iterator[Path]:
    for root in ("connectors/src", "workers/src"):
        yield from (ROOT / root).rglob("*.py")
    yield from (ROOT / "api/src/kith" / name for name in ("projections/ingest.py", "store/suppressions.py"))


def literals(place: ast.expr) -> Iterator[str]:
    """Yield the codes that an argument may be."""
    match place:
        case ast.Constant(value=str(code)) if re.fullmatch(r"[a-z_]+", code):
            yield code
        case ast.IfExp(body=one, orelse=other):
            yield from literals(one)
            yield from literals(other)
        case ast.JoinedStr(values=[ast.Constant(value="no_"), _]):
            yield from ("no_date", "no_sender")


def called(function: ast.expr) -> str:
    """Return the name of what is called."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def codes(names: dict[str, int], *, without: str = "") -> set[str]:
    return {
        code
        for module in modules()
        if module.name != without
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and (name := called(node.func)) in names and len(node.args) > names[name]
        for code in literals(node.args[names[name]])
    }


def errors(kind: type[ConnectorError] = ConnectorError) -> Iterator[type[ConnectorError]]:
    yield kind
    for each in kind.__subclasses__():
        if each.__module__.startswith("kith."):
            yield from errors(each)


def test_every_code_of_a_job_is_documented_and_no_other() -> None:
    runner = (ROOT / "workers/src/kith/workers/runner.py").read_text()
    faults = {code for call in re.findall(r"Problem\((.*)", runner) for code in re.findall(r'"(\w+)"', call)}
    assert faults
    assert sorted(documented(JOBS)) == sorted(codes(RAISED) | faults | {error.code for error in errors()})


def test_every_code_of_a_run_is_documented_and_no_other() -> None:
    assert sorted(documented(RUNS)) == sorted(codes(LEFT_OUT, without="runner.py"))
