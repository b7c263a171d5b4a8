"""How long kith takes to start and to stop, and the memory of its processes while nobody asks.

Run: python -m tests.bench.startup. The first start makes the database and loads the demo community; the rest find both.
Memory that processes share is counted once, in equal parts.
"""

import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

from tests.integration.cli.test_up import Up

STARTS = 3  # after the first
NAMES = {"kith.cli api": "the API", "kith.workers": "the worker", "valkey": "Valkey", "postgres": "PostgreSQL"}


def start_and_stop(home: Path) -> tuple[float, float, dict[str, int]]:
    """Return the seconds until ready, the seconds until stopped, and the bytes of memory by process."""
    up = Up(home)
    ready = up.wait_for("kith is ready")
    memory = memory_of(psutil.Process(up.process.pid))
    began = time.monotonic()
    up.stop()
    return ready, time.monotonic() - began, memory


def memory_of(supervisor: psutil.Process) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for process in (supervisor, *supervisor.children(recursive=True)):
        command = " ".join(process.cmdline())
        name = next((name for part, name in NAMES.items() if part in command), "the supervisor")
        found[name] += process.memory_full_info().pss
    return found


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as folder:
        Path(folder).chmod(0o755)
        first, *others = [start_and_stop(Path(folder) / "home") for _ in range(1 + STARTS)]
    print(f"{'first start, the demo included':32} {first[0]:6.1f} s")
    print(f"{'next start, median of ' + str(STARTS):32} {statistics.median(ready for ready, _, _ in others):6.1f} s")
    print(f"{'stop, median':32} {statistics.median(stop for _, stop, _ in others):6.1f} s")
    memory = others[-1][2]
    for name, size in sorted(memory.items(), key=lambda item: -item[1]):
        print(f"{'memory of ' + name:32} {size / 2**20:6.0f} MiB")
    print(f"{'memory of all':32} {sum(memory.values()) / 2**20:6.0f} MiB")


if __name__ == "__main__":
    main()
