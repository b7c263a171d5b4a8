"""Keeps child processes running: what dies is started again, later each time it dies soon."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kith.cli.processes import CannotStart, Child

FIRST_WAIT = 0.5  # seconds before the first new start; it doubles with each further one
LONGEST_WAIT = 30.0  # seconds
STEADY = 60.0  # seconds of running after which earlier deaths are forgotten


@dataclass
class Supervisor:
    """Children in the order in which they start; they stop in the opposite one. say: tells the operator a sentence."""

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    _deaths: dict[str, int] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)

    def tend(self) -> None:
        """Start again what has died and is due. Call it often."""
        for child in self.children:
            if child.is_running:
                continue
            if child.name not in self._due:
                self._plan(child)
            elif time.monotonic() >= self._due[child.name]:
                del self._due[child.name]
                self._start(child)

    def stop(self) -> None:
        stop(self.children)

    def _plan(self, child: Child) -> None:
        if time.monotonic() - child.started > STEADY:
            self._deaths.pop(child.name, None)
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** self._deaths.get(child.name, 0))
        self._deaths[child.name] = self._deaths.get(child.name, 0) + 1
        self._due[child.name] = time.monotonic() + wait
        self.say(f"{child.name} has ended; it starts again in {wait:g} s (see {child.log}).")

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except CannotStart as error:
            self.say(str(error))
        else:
            self.say(f"{child.name} runs again.")


def stop(children: Sequence[Child]) -> None:
    """Stop all, the last one first; each may need what comes before it while it finishes."""
    for child in reversed(children):
        child.stop()
