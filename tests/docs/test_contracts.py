"""What others build on is documented: hooks, errors of connectors, record kinds, scopes, problem codes."""

import inspect
import re
from types import FunctionType
from typing import get_args

import pytest

from kith.api.http.problems import KINDS
from kith.connectors import Connector, ConnectorError, Record, _hookspecs
from kith.connectors.statements import Statement
from kith.domain.scopes import SCOPES
from tests.paths import ROOT


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def signature(function: FunctionType) -> str:
    """``name(parameters)`` without types and ``self``."""
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return f"{function.__name__}({', '.join(names)})"


def hooks() -> list[FunctionType]:
    found = [member for _, member in inspect.getmembers(_hookspecs, inspect.isfunction) if hasattr(member, "kith_spec")]
    assert found
    return found


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook.__name__)
def test_every_hook_is_documented_with_its_arguments(hook: FunctionType) -> None:
    assert f"`{signature(hook)}`" in document("connectors.md")


@pytest.mark.parametrize("name", ["check", "pull"])
def test_every_method_of_a_connector_is_documented_with_its_arguments(name: str) -> None:
    assert f"`{signature(getattr(Connector, name))}`" in document("connectors.md")


def test_every_error_that_a_connector_may_raise_is_documented() -> None:
    names = {
        error.__name__ for error in ConnectorError.__subclasses__() if error.__module__.startswith("kith.connectors._")
    }
    assert names
    assert not {name for name in names if f"`{name}`" not in document("connectors.md")}


def test_every_kind_of_record_and_each_of_its_fields_is_documented() -> None:
    text = document("import-format.md")
    missing = []
    for record in (*get_args(Record), *get_args(Statement)):
        if f"`{record.__struct_config__.tag}`" not in text:
            missing.append(record.__struct_config__.tag)
        missing += [name for name in record.__struct_fields__ if f"`{name}`" not in text]
    assert missing == []


def test_every_scope_is_documented_and_no_other() -> None:
    documented = re.findall(r"^\| `([a-z:_]+:(?:read|write))` \|", document("api.md"), re.MULTILINE)
    assert sorted(documented) == sorted(SCOPES)


def test_every_problem_code_is_documented_with_its_status_and_no_other() -> None:
    documented = re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \|", document("api.md"), re.MULTILINE)
    assert sorted(documented) == sorted((str(kind.status), code) for code, kind in KINDS.items())
