"""What a worker holds in memory is bounded by one mail, however much an archive unpacks to."""

import subprocess
import sys
from pathlib import Path

import pytest

MAILS, MAIL_BYTES = 24, 8 << 20  # all in one batch: 192 MB, which git packs into less than a megabyte
MEGABYTES = 250

_READ = """
import asyncio, re, resource, sys
from pathlib import Path
from kith.connectors import Context
from kith.connectors.mail import MailConfig, MailConnector

async def read():
    count = 0
    async for page in MailConnector().pull(MailConfig(sys.argv[1], list="list@x.org"), None, Context(Path("/nowhere"))):
        count += sum(type(record).__name__ == "Interaction" for record in page.records)
    return count

# ru_maxrss of the process itself counts what it was forked from; VmHWM starts over with the program.
count = asyncio.run(read())
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
print(count, peak // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def inbox(folder: Path, *, mails: int, size: int) -> Path:
    """Make a public-inbox of mails that hold the same line again and again."""
    repository = folder / "0.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True)
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=repository, stdin=subprocess.PIPE) as importing:
        assert importing.stdin
        for number in range(mails):
            head = (
                f"From: Ada <ada{number}@x.org>\nTo: list@x.org\nMessage-ID: <{number}@x.org>\nSubject: s\n"
                "Date: Fri, 01 Mar 2024 09:00:00 +0000\nContent-Type: multipart/mixed; boundary=b\n\n"
                "--b\nContent-Type: text/plain\n\nhi\n--b\nContent-Type: application/octet-stream\n\n"
            ).encode()
            data = head + b"x" * 70 + b"\n" + (b"y" * 75 + b"\n") * ((size - len(head)) // 76)
            importing.stdin.write(
                b"commit refs/heads/master\ncommitter A <a@x.org> %d +0000\ndata 1\ns\n" % (1709283600 + number)
            )
            importing.stdin.write(b"M 100644 inline m\ndata %d\n" % len(data))
            importing.stdin.write(data + b"\n")
    subprocess.run(["git", "-C", str(repository), "symbolic-ref", "HEAD", "refs/heads/master"], check=True)
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells the peak of a program")
def test_an_archive_that_unpacks_to_much_takes_little(tmp_path: Path) -> None:
    archive = inbox(tmp_path, mails=MAILS, size=MAIL_BYTES)
    packed = sum(file.stat().st_size for file in archive.rglob("*") if file.is_file())
    assert packed < 4 << 20
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(archive)], capture_output=True, text=True, check=True, timeout=300
    )
    count, own, of_git = map(int, done.stdout.split())
    assert count == MAILS
    assert own < MEGABYTES, f"{own} MB"
    assert of_git < MEGABYTES, f"git: {of_git} MB"
