"""Which commits are ancestors of which, for many pairs, without running git for each."""

from array import array
from collections.abc import Sequence

from kith.connectors.git.repository import Repository


class Ancestry:
    """Which commits are ancestors of which, as far back as ``since``, in seconds since 1970.

    The main line's first parents are numbered. What one of them has taken in, all after it have; so that most questions
    are answered by two numbers: when an ancestor landed there, and where a commit began.
    """

    def __init__(self, repository: Repository, tips: Sequence[str], since: int) -> None:
        given = "".join(f"{tip}\n" for tip in tips).encode()
        age = f"--max-age={max(0, since)}"
        lines = repository.run("rev-list", "--reverse", "--topo-order", "--parents", age, "--stdin", given=given)
        self._number: dict[bytes, int] = {}
        self._parents: list[tuple[int, ...]] = []
        for line in lines.split(b"\n")[:-1]:
            commit, *others = map(bytes.fromhex, line.decode().split())
            self._parents.append(tuple(self._number.get(other, -1) for other in others))
            self._number[commit] = len(self._number)
        self._line = self._main_line((repository.maybe("rev-parse", "--verify", "--quiet", "HEAD") or b"").decode())
        self._landed = array("q", [len(self._number)]) * len(self._number)
        self._base = array("q", [-1]) * len(self._number)
        for place, number in enumerate(self._line):
            self._base[number] = place
            self._land(number, place)
        for number, parents in enumerate(self._parents):
            self._base[number] = max([self._base[number], *(self._base[parent] for parent in parents if parent >= 0)])

    def landed(self, commit: str) -> int:
        """Return when the main line took a commit in, by the number of the line's commit."""
        number = self._number.get(bytes.fromhex(commit))
        return len(self._number) if number is None else self._landed[number]

    def base(self, commit: str) -> int:
        """Return the newest commit of the main line that this one has; -1 where it has none."""
        number = self._number.get(bytes.fromhex(commit))
        return -1 if number is None else self._base[number]

    def is_ancestor(self, commit: str, of: str) -> bool:
        if self.landed(commit) <= self.base(of):
            return True
        goal, start = (self._number.get(bytes.fromhex(one), -1) for one in (commit, of))
        seen, ahead, base = {start}, [start], self.base(of)
        while goal >= 0 and ahead:
            for parent in self._parents[ahead.pop()]:
                if parent == goal:
                    return True
                if parent > goal and parent not in seen and self._landed[parent] > base:
                    seen.add(parent)
                    ahead.append(parent)
        return False

    def _main_line(self, head: str) -> list[int]:
        """Return the first parents of HEAD, the oldest first."""
        number = self._number.get(bytes.fromhex(head.strip()), -1)
        line: list[int] = []
        while number >= 0:
            line.append(number)
            number = next(iter(self._parents[number]), -1)
        return line[::-1]

    def _land(self, number: int, place: int) -> None:
        """Note of what a commit of the main line has and none before it had."""
        ahead = [number]
        while ahead:
            one = ahead.pop()
            if self._landed[one] > place:
                self._landed[one] = place
                ahead += [parent for parent in self._parents[one] if parent >= 0]
