"""What an operator sees: steps with the time that each took, and one line of progress; plain lines without terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

LINE_SECONDS = 2.0  # without a terminal, how often progress is worth a line


class Screen:
    """Writes to the standard output."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, soft_wrap=True)

    @property
    def is_seen(self) -> bool:
        """Whether somebody sees it, and not a log."""
        return self.console.is_terminal

    def say(self, text: str) -> None:
        """Write one line as it is, however long: it can be copied."""
        self.console.print(text, markup=False)
        sys.stdout.flush()

    @contextmanager
    def step(self, doing: str) -> Iterator["Step"]:
        """Show what is being done, then that it is done and how long it took."""
        step, started = Step(doing), time.monotonic()
        with self.console.status(f"{doing} ...") if self.console.is_terminal else nullcontext():
            yield step
        self.check(True, f"{step.done} ({time.monotonic() - started:.1f} s)")

    def check(self, good: bool, text: str, todo: str = "") -> None:
        """Write one line with a mark before it, and below it what to do."""
        good_mark, bad_mark = ("ok", "!!") if self.console.options.ascii_only else ("✓", "✗")
        self.console.print(good_mark if good else bad_mark, style="green" if good else "red", end=" ")
        self.say(text)
        if todo:
            self.say(f"  {todo}")

    @contextmanager
    def progress(self, doing: str) -> Iterator["Meter"]:
        """Show how far something is."""
        if not self.console.is_terminal:
            yield Meter(self, doing)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            yield Bar(self, doing, progress, progress.add_task(doing, total=None, state=""))


class Step:
    """One thing that is being done; set ``done`` to say more in the end."""

    def __init__(self, doing: str) -> None:
        self.done = doing


class Meter:
    """Progress as plain lines, the next one after LINE_SECONDS."""

    def __init__(self, screen: Screen, doing: str) -> None:
        self.screen = screen
        self.doing = doing
        self._next = time.monotonic() + LINE_SECONDS

    def show(self, done: int, total: int | None, state: str) -> None:
        """Show ``done`` of ``total``, in any unit; state: the same in words."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_SECONDS
            self.screen.say(f"  {self.doing}: {state}")


class Bar(Meter):
    """Progress as a bar on a terminal."""

    def __init__(self, screen: Screen, doing: str, progress: Progress, task: TaskID) -> None:
        super().__init__(screen, doing)
        self._progress = progress
        self._task = task

    def show(self, done: int, total: int | None, state: str) -> None:
        self._progress.update(self._task, completed=done, total=total, state=state)
