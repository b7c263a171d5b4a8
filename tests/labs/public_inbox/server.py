"""public-inbox: an archive of one list, over HTTP and NNTP, with what adds mails to it and takes them out."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.labs.lab import Unavailable, debian, free_port, inside, running, workplace

GROUP = "org.example.dev"
#: Reads from its input, for each mail, how many bytes it has and the mail, and adds or removes it.
_CHANGE = """
use PublicInbox::Config; use PublicInbox::InboxWritable; use PublicInbox::Eml;
my $inbox = PublicInbox::InboxWritable->new(PublicInbox::Config->new->lookup_name('dev'));
my $import = $inbox->importer(0);
while (my $size = <STDIN>) {
    read(STDIN, my $raw, $size);
    my $mail = PublicInbox::Eml->new($raw);
    $ARGV[0] eq 'add' ? $import->add($mail) : $import->remove($mail);
}
$import->done;
"""


class PublicInbox:
    """url: of the archive of the list. port: of its NNTP server."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self._http, self.port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._http}/dev/"
        self._root = debian("public-inbox")
        self._running = ExitStack()
        self._env = {"PI_CONFIG": str(folder / "config"), "HOME": str(folder), "PI_EMERGENCY": str(folder / "lost")}
        self._run("public-inbox-init", "-V2", "--ng", GROUP, "dev", folder / "dev", self.url, address)

    def add(self, mails: Sequence[bytes]) -> None:
        self._change("add", mails)

    def remove(self, mails: Sequence[bytes]) -> None:
        self._change("remove", mails)

    def start(self) -> None:
        for program, port in (("httpd", self._http), ("nntpd", self.port)):
            command = inside(self._root, f"public-inbox-{program}", "-W0", "-l", f"127.0.0.1:{port}")
            self._running.enter_context(running(command, port, self.folder / f"{program}.log", env=self._env))

    def stop(self) -> None:
        self._running.close()

    def _change(self, how: str, mails: Sequence[bytes]) -> None:
        self._run("perl", "-e", _CHANGE, how, given=b"".join(b"%d\n%s" % (len(data), data) for data in mails))

    def _run(self, *command: str | Path, given: bytes = b"") -> None:
        done = subprocess.run(
            inside(self._root, *command), input=given, env=os.environ | self._env, capture_output=True
        )
        if done.returncode:
            raise Unavailable(f"{command[0]}: {done.stderr.decode(errors='replace')[-300:]}")


@contextmanager
def public_inbox(address: str, mails: Sequence[bytes]) -> Iterator[PublicInbox]:
    with workplace() as folder:
        server = PublicInbox(folder, address)
        server.add(mails)
        server.start()
        try:
            yield server
        finally:
            server.stop()
