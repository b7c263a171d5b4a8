"""What is installed in part says in one sentence which extra is missing."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from kith import cli
from kith.cli import EXTRAS
from tests.paths import ROOT


@pytest.mark.parametrize("module", sorted(EXTRAS))
def test_a_missing_extra_is_named(module: str) -> None:
    block = f"import sys; sys.modules[{module!r}] = None"
    code = f"{block}; from kith import cli; cli._run = lambda: __import__({module!r}); cli.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"kith: {module} is not installed; pip install 'kith-api[{EXTRAS[module]}]' brings it."
    ]


def test_a_missing_extra_is_named_by_the_command_that_needs_it() -> None:
    """A command is imported when it is called, by code of others, which raises an error of its own."""
    code = "import sys; sys.modules['resvg_py'] = sys.modules['rich'] = None; sys.argv = ['kith', 'up']; "
    done = subprocess.run(
        [sys.executable, "-c", f"{code}from kith import cli; cli.main()"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert re.fullmatch(r"kith: rich[.\w]* is not installed; pip install 'kith-api\[serve\]' brings it.\n", done.stderr)


def test_only_up_and_its_servers_need_the_extra_up() -> None:
    """Where PostgreSQL and Valkey run elsewhere, ``kith-api[serve]`` is enough."""
    blocked = [module for module, extra in EXTRAS.items() if extra == "up" and module != "kith.workers"]
    commands = sorted(
        path.stem for path in Path(cli.__file__).parent.glob("*.py") if path.stem not in ("__main__", "__init__")
    )
    code = f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\n"
    code += "".join(f"import kith.cli.{command}\n" for command in commands)
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_module_of_an_extra_is_in_it() -> None:
    extras = tomllib.loads((ROOT / "api" / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    distributions = packages_distributions()
    for module, extra in EXTRAS.items():
        names = {"kith-workers"} if module == "kith.workers" else set(distributions[module])
        wanted = {dependency.split("[")[0].split(">")[0].split("=")[0] for dependency in extras[extra]}
        assert {name.replace("_", "-").lower() for name in names} & wanted, module


def test_a_worker_needs_no_extra() -> None:
    """The worker's modules import nothing that only an extra brings, but redis, which workers declare themselves."""
    blocked = sorted(set(EXTRAS) - {"redis", "kith.workers"})
    code = f"import sys; sys.modules.update(dict.fromkeys({blocked!r})); import kith.workers.__main__"
    subprocess.run([sys.executable, "-c", code], check=True)
