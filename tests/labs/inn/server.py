"""INN: a news server with one group, which takes what is posted to it."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.labs.lab import Unavailable, debian, free_port, inside, running, workplace

GROUP = "local.dev"
_BIN = "/usr/lib/news/bin"
_CONFIG = """
pathhost: news.example.org
domain: example.org
mta: "/bin/true %s"
hismethod: hisv6
ovmethod: tradindexed
enableoverview: true
artcutoff: 0
runasuser: {user}
runasgroup: {group}
pathnews: /usr/lib/news
pathbin: /usr/lib/news/bin
patharchive: {folder}/archive
patharticles: {folder}/articles
pathdb: {folder}/db
pathetc: {folder}/etc
pathhttp: {folder}/http
pathincoming: {folder}/incoming
pathlog: {folder}/log
pathoutgoing: {folder}/outgoing
pathoverview: {folder}/overview
pathrun: {folder}/run
pathspool: {folder}
pathtmp: {folder}/tmp
"""
_FILES = {
    "storage.conf": "method tradspool {\n newsgroups: *\n class: 0\n}\n",
    "readers.conf": 'auth "all" {\n hosts: "*"\n default: "<reader>"\n}\naccess "all" {\n users: "<reader>"\n'
    ' newsgroups: "*"\n access: RPA\n}\n',
    "newsfeeds": "ME:*::\n",
    "incoming.conf": 'peer ME {\n hostname: "localhost, 127.0.0.1"\n}\n',
    "expire.ctl": "*:A:never:never:never\n",
    "control.ctl": "all:*:*:drop\n",
}


class Inn:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.log = folder / "server.log"
        self._root = debian("inn2")
        self.env = {"INNCONF": str(folder / "etc/inn.conf")}

    def command(self, *words: str | Path) -> list[str]:
        as_news = ["setpriv", "--reuid=news", "--regid=news", "--clear-groups"] if os.getuid() == 0 else []
        return inside(self._root, *as_news, f"{_BIN}/{words[0]}", *words[1:])

    def run(self, *words: str | Path) -> None:
        done = subprocess.run(self.command(*words), env=os.environ | self.env, capture_output=True, timeout=60)
        if done.returncode:
            raise Unavailable(f"{words[0]}: {(done.stdout + done.stderr).decode(errors='replace')[-300:]}")

    def set_up(self) -> None:
        for name in (
            "archive",
            "articles",
            "db",
            "etc",
            "http",
            "incoming",
            "log",
            "outgoing",
            "overview",
            "run",
            "tmp",
        ):
            (self.folder / name).mkdir()
        user = "news" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        group = "news" if os.getuid() == 0 else grp.getgrgid(os.getgid()).gr_name
        (self.folder / "etc/inn.conf").write_text(_CONFIG.format(folder=self.folder, user=user, group=group))
        for name, text in _FILES.items():
            (self.folder / "etc" / name).write_text(text)
        groups = {"control": "n", "control.cancel": "n", "junk": "n", GROUP: "y"}
        active = (f"{name} 0000000000 0000000001 {flag}\n" for name, flag in groups.items())
        (self.folder / "db/active").write_text("".join(active))
        (self.folder / "db/active.times").touch()
        (self.folder / "db/newsgroups").touch()
        (self.folder / "db/history").touch()
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, "news", "news")
        self.run("makedbz", "-i", "-o", "-s", "1000", "-f", self.folder / "db/history")

    def post(self, article: bytes) -> None:
        """Post an article as a reader does."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            talk = connection.makefile("rwb")
            talk.readline()
            for line in (b"MODE READER", b"POST"):
                talk.write(line + b"\r\n")
                talk.flush()
                talk.readline()
            head, _, body = article.partition(b"\n\n")
            text = head + b"\nNewsgroups: " + GROUP.encode() + b"\n\n" + body
            talk.write(text.replace(b"\n.", b"\n..").replace(b"\n", b"\r\n") + b"\r\n.\r\n")
            talk.flush()
            if not (said := talk.readline()).startswith(b"240"):
                raise Unavailable(f"POST: {said.decode(errors='replace')}")

    def cancel(self, id_: str) -> None:
        self.run("ctlinnd", "cancel", f"<{id_}>")


@contextmanager
def inn() -> Iterator[Inn]:
    with workplace() as folder:
        server = Inn(folder)
        server.set_up()
        command = server.command("innd", "-d", "-P", str(server.port), "-4", "127.0.0.1")
        with running(command, server.port, server.log, env=server.env):
            yield server
