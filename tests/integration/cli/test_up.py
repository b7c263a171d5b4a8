"""``kith up`` as an operator meets it: a process, its screen, its folder, its port."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from kith.cli import launch
from tests.integration.cli import readme
from tests.integration.cli.test_servers import workers_in
from tests.paths import ROOT

READY = 240.0  # seconds for a first start, the demo included, on a machine that does other things too
AGAIN = 10.0  # seconds that the next start may take, or a third of the first where the machine does other things too
TRIES = 4  # next starts, of which one has to be as quick: the others may have met what else the machine does
pytestmark = pytest.mark.timeout(300)  # a first start loads the demo and finds its communities

NOBODY = 65534
CAP_DAC_READ_SEARCH = 2


class Up:
    """A running ``kith up``, its screen in a file. quick: seconds within which its next start is a quick one."""

    quick = AGAIN

    def __init__(
        self,
        home: Path,
        *options: str,
        port: int | None = None,
        by: tuple[str, ...] = (),
        more: dict[str, str] | None = None,
    ) -> None:
        self.home = home
        self.port = port or free_port()
        self.started = time.monotonic()
        with tempfile.TemporaryFile() as screen:
            self._screen = os.dup(screen.fileno())
            self.process = subprocess.Popen(
                [*by, sys.executable, "-m", "kith.cli", "up", *options],
                cwd=ROOT,
                env=environment(home, self.port) | (more or {}),
                stdout=screen,
                stderr=screen,
            )

    @property
    def said(self) -> str:
        return os.pread(self._screen, 1_000_000, 0).decode()

    def wait_for(self, text: str, seconds: float = READY) -> float:
        """Wait until the screen shows ``text``; return the seconds since the start."""
        until = time.monotonic() + seconds
        while text not in self.said:
            if self.process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"no {text!r} within {seconds} s:\n{self.said}\n{logs(self.home)}")
            time.sleep(0.05)
        return time.monotonic() - self.started

    def calls(self) -> list[Any]:
        """Run the printed calls, as a shell would, and return the answers."""
        self.wait_for("kith is ready")
        self.wait_for("Ctrl-C stops it.\n")
        time.sleep(0.2)  # the rest of the screen follows at once
        return [
            json.loads(subprocess.run(["bash", "-c", line], capture_output=True, timeout=30, check=True).stdout)
            for line in re.findall(r"^curl .*$", self.said, re.MULTILINE)
        ]

    def stop(self, by: signal.Signals = signal.SIGINT) -> int:
        """Send the signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        return self.process.wait(60)

    def kill_child(self, name: str) -> None:
        """Kill the child whose command line holds ``name``."""
        for child in psutil.Process(self.process.pid).children():
            if name in " ".join(child.cmdline()):
                child.kill()
                return
        pytest.fail(f"no child {name}")


def become(user: int) -> tuple[str, ...]:
    """What runs a command as ``user``, who may pass through closed folders, since Python itself may be behind one."""
    numbers = (os.getpid(), int(signal.SIGTERM), user, user, CAP_DAC_READ_SEARCH)
    return (sys.executable, "-I", "-S", launch.__file__, *map(str, numbers))


def environment(home: Path, port: int) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("KITH_")}
    return others | {"KITH_HOME": str(home), "KITH_PORT": str(port), "PYTHONDONTWRITEBYTECODE": "1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def logs(home: Path) -> str:
    return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(home.glob("log/*.log")))


def left(up: Up) -> list[psutil.Process]:
    """What still works for this home after 30 s: its servers by their folder, API and worker by their settings."""
    until = time.monotonic() + 30
    while found := workers_in(up.home) + [process for process in psutil.process_iter() if is_of(process, up.home)]:
        if time.monotonic() > until:
            return found
        time.sleep(0.05)
    return []


def is_of(process: psutil.Process, home: Path) -> bool:
    try:
        return bool(process.environ().get("KITH_HOME") == str(home))
    except psutil.Error:
        return False


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The demo community, running; the tests of this module share it, each with what the one before left."""
    up = Up(tmp_path_factory.mktemp("up") / "home")
    try:
        up.quick = max(AGAIN, up.wait_for("kith is ready") / 3)
        yield up
    finally:
        up.stop()


def test_the_printed_calls_answer_something(demo: Up) -> None:
    communities, holders, close, why = demo.calls()
    named = [community["name"] for community in communities["data"] if community["size"] > 50]
    assert {"git/git", "jj-vcs/jj", "libgit2/libgit2"} <= {name.split(" · ")[0] for name in named}
    assert len(holders["data"]) == len(close["data"]) == 3
    bridge = holders["data"][0]
    assert "communities" in bridge["roles"][0]["sentence"]
    assert close["data"][0]["person"] == bridge["person"]
    assert close["data"][0]["other"] == why["other"]
    parts = sum(part["log_odds"] for part in why["contributions"])
    assert why["log_odds"] == pytest.approx(why["model"]["intercept"] + parts + why["hidden"]["log_odds"])
    assert "kpat_" not in demo.said  # nobody looks: it goes to a log
    assert f"Token   in {demo.home / 'token'}" in demo.said


def test_the_sign_in_link_is_for_its_owner_alone_and_lets_them_in(demo: Up) -> None:
    file = demo.home / "sign-in-link"
    assert file.stat().st_mode & 0o777 == 0o600
    link = file.read_text().strip()
    assert link.startswith(f"http://localhost:{demo.port}/sign-in/links/")
    assert link not in demo.said
    assert f"Sign in in {file}" in demo.said
    with urllib.request.urlopen(link, timeout=30) as answer:
        assert "This link signs you in once." in answer.read().decode()


def test_accounts_are_joined_across_projects_with_reasons(demo: Up) -> None:
    found = readme.ask(demo, "/v1/people?q=Sven%20Strickroth")["data"]
    assert [person["name"] for person in found] == ["Sven Strickroth"]
    detail = readme.ask(demo, f"/v1/people/{found[0]['id']}")
    assert {"git-world/git/git", "git-world/libgit2/libgit2"} <= {identity["host"] for identity in detail["identities"]}
    decisions = readme.ask(demo, f"/v1/decisions?person={found[0]['id']}")["data"]
    assert decisions
    assert all(decision["evidence"]["contributions"] for decision in decisions)


def test_the_screen_says_what_was_loaded_and_how_long_it_took(demo: Up) -> None:
    assert re.search(r"The demo is loaded: [\d,]+ .* \([\d.]+ s\)", demo.said)
    assert re.search(r"Its communities are found: \d+ \([\d.]+ s\)", demo.said)


def test_the_readme_shows_what_an_operator_sees(demo: Up) -> None:
    calls = demo.calls()
    assert readme.constant(readme.shown("screen")) == readme.constant(readme.screen(demo.said, demo.home))
    assert readme.values(readme.shown("answers")) == readme.values(readme.answers(calls))
    assert readme.constant(readme.shown("explained")) == readme.constant(readme.explained(calls[-1]))
    said = {sentence.partition(" connected ")[0] for sentence in readme.bridges(demo)[:10]}
    assert {sentence.partition(" connected ")[0] for sentence in readme.shown("bridges").splitlines()} <= said


def test_the_commands_of_the_readme_work_beside_it(demo: Up, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for command in ("init", "-c user.name=A -c user.email=a@example.org commit --allow-empty -m first"):
        folder = ["git", "-C", str(project)] if project.exists() else ["git"]
        words = [*command.split(), str(project)] if command == "init" else command.split()
        subprocess.run([*folder, *words], check=True, capture_output=True)
    block = re.search(r"While `make up` runs:\n\n```\n(.*?)```", readme.README.read_text(), re.DOTALL)
    assert block
    for line in block[1].splitlines():
        command, *words = shlex.split(line.replace("~/src/project", str(project)), comments=True)
        assert command == "kith"
        done = subprocess.run(
            [sys.executable, "-m", "kith.cli", *words],
            env=environment(demo.home, demo.port), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def test_a_rebuild_finds_every_projection_equal(demo: Up) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kith.cli", "rebuild"],
        env=environment(demo.home, demo.port), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "Every projection was equal" in done.stdout


def test_the_token_is_for_its_owner_alone(demo: Up) -> None:
    token = demo.home / "token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text().strip() not in demo.said


def test_a_second_instance_is_told_of_the_first(demo: Up) -> None:
    second = Up(demo.home)
    assert second.process.wait(30) == 1
    assert second.said.startswith(
        f"kith: Another kith already runs in {demo.home} (process {demo.process.pid}): stop it"
    )


def test_a_busy_port_is_named(demo: Up, tmp_path: Path) -> None:
    other = Up(tmp_path / "home", port=demo.port)
    assert other.process.wait(30) == 1
    assert other.said.startswith(f"kith: Port {demo.port} is in use by another program: stop that, or set KITH_PORT")


@pytest.mark.parametrize("name", ["kith.workers", "kith.workers.live", "kith.cli api", "valkey", "postgres"])
def test_what_dies_is_started_again(demo: Up, name: str) -> None:
    before = demo.said.count("runs again.")
    demo.kill_child(name)
    until = time.monotonic() + 30
    while demo.said.count("runs again.") == before:
        assert time.monotonic() < until, demo.said
        time.sleep(0.05)
    assert all(subjects(answer) for answer in demo.calls())


def test_ctrl_c_ends_everything_and_the_next_start_is_quick_and_remembers(demo: Up) -> None:
    answers = demo.calls()
    assert demo.stop(signal.SIGINT) == 0
    assert left(demo) == []
    seconds: list[float] = []
    while not seconds or (min(seconds) >= demo.quick and len(seconds) < TRIES):
        again = Up(demo.home, port=demo.port)
        try:
            seconds.append(again.wait_for("kith is ready"))
            assert list(map(subjects, demo.calls())) == list(map(subjects, answers))  # at the same address
            assert len(again.calls()) == len(answers)
        finally:
            assert again.stop(signal.SIGTERM) == 0
        assert left(again) == []
    assert min(seconds) < demo.quick


@pytest.mark.parametrize("with_children", [False, True])
def test_nothing_outlives_a_killed_supervisor_and_the_next_start_works(demo: Up, with_children: bool) -> None:
    assert demo.stop() == 0
    seconds: list[float] = []
    while not seconds or (min(seconds) >= 2 * demo.quick and len(seconds) < TRIES):
        killed = Up(demo.home, port=demo.port)
        killed.wait_for("kith is ready")
        children = psutil.Process(killed.process.pid).children() if with_children else []
        assert killed.stop(signal.SIGKILL) == -signal.SIGKILL
        for child in children:
            child.kill()
        if with_children:
            assert left(killed) == []  # nobody else would free the port
        # At once: what the killed one left may still be ending.
        again = Up(demo.home, port=demo.port)
        try:
            seconds.append(again.wait_for("kith is ready"))
            assert len(again.calls()) == 4
        finally:
            assert again.stop() == 0
        assert left(again) == []
    assert min(seconds) < 2 * demo.quick


def test_no_demo_starts_empty_and_still_has_three_calls(tmp_path: Path) -> None:
    up = Up(tmp_path / "home", "--no-demo")
    try:
        me, connectors, people = up.calls()
    finally:
        assert up.stop() == 0
    assert me["workspace"]["name"] == "default"
    assert {"git", "mail", "ndjson"} <= {connector["name"] for connector in connectors["data"]}
    assert people["data"] == []


def test_it_stops_also_where_a_script_put_it_into_the_background(tmp_path: Path) -> None:
    up = Up(tmp_path / "home", "--no-demo", by=("sh", "-c", 'trap "" INT; exec "$@"', "sh"))
    up.wait_for("kith is ready")
    assert up.stop(signal.SIGINT) == 0
    assert left(up) == []


def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    up = Up(tmp_path / "home")
    up.wait_for("PostgreSQL and Valkey run")
    assert up.stop() == 0
    assert left(up) == []


@pytest.fixture
def home_of_nobody() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("the tests run as a normal user anyway")
    if not launch.permitted_capabilities() >> CAP_DAC_READ_SEARCH & 1:
        pytest.skip("this root lacks the capability to pass through closed folders")
    home = Path(tempfile.mkdtemp(prefix="kith-test-"))
    os.chown(home, NOBODY, NOBODY)
    yield home
    shutil.rmtree(home)


def test_a_normal_user_may_run_it(home_of_nobody: Path) -> None:
    up = Up(home_of_nobody / "home", "--no-demo", by=become(NOBODY))
    try:
        assert len(up.calls()) == 3
    finally:
        assert up.stop() == 0
    assert left(up) == []


def test_a_read_only_folder_is_said(home_of_nobody: Path) -> None:
    home_of_nobody.chmod(0o500)
    up = Up(home_of_nobody / "home", by=become(NOBODY))
    assert up.process.wait(30) == 1
    assert up.said == (
        f"kith: The folder {home_of_nobody}/home cannot be created (Permission denied): "
        "set KITH_HOME to a folder that you may write.\n"
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 30 MB, less than a new PostgreSQL takes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_said(small_disk: Path) -> None:
    up = Up(small_disk / "home")
    assert up.process.wait(30) == 1
    assert up.said.startswith(
        f"kith: No space is left on the disk of {small_disk}/home/postgres.new: free some, or set"
    )
    assert left(up) == []


def subjects(answer: Any) -> list[Any]:
    """What an answer is about, without what changes from moment to moment."""
    items = answer.get("data", [answer])
    return [item.get("id") or [item[side]["id"] for side in ("person", "other") if side in item] for item in items]
