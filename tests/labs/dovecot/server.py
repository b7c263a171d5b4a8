"""Dovecot: an IMAP server with a user who signs in with a password, and one who does with an OAuth token."""

import hmac
import imaplib
import json
import os
import shutil
import signal
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.labs.lab import children, debian, free_port, inside, running, workplace
from tests.unit.connectors.test_http import certify

PASSWORD = "s3cr3t-passw0rd"

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u:LAYOUT=fs
mailbox_list_index = yes
mail_fsync = never
log_path = /dev/stderr
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


#: Tokens are read without asking anybody: signed with a key that lies in a folder.
_OAUTH = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = email
"""
_TOKEN_KEY = b"a key of 32 bytes for signatures"


class Dovecot:
    """port: without TLS, and for STARTTLS; tls_port: with TLS from the first byte. Any user has the same password."""

    def __init__(self, folder: Path, capabilities: str = "") -> None:
        """capabilities: what it says that it can, where that is less than it can."""
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        certify(folder, "localhost")
        self._root = debian("dovecot-imapd")
        self._running = ExitStack()
        for name in ("mail", "state"):
            (folder / name).mkdir()
            (folder / name).chmod(0o777)
        keys = folder / "keys/default/HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(b64encode(_TOKEN_KEY))
        (folder / "oauth2.conf").write_text(_OAUTH.format(folder=folder))
        ports = {"port": self.port, "tls_port": self.tls_port}
        config = _CONFIG.format(folder=folder, password=PASSWORD, **ports)
        config += f"imap_capability = {capabilities}\n" if capabilities else ""
        (folder / "dovecot.conf").write_text(config)

    def start(self) -> None:
        command = inside(self._root, "dovecot", "-F", "-c", self.folder / "dovecot.conf")
        self._process = self._running.enter_context(running(command, self.port, self.folder / "log"))

    def stop(self) -> None:
        self._running.close()

    def kill(self) -> None:
        """End it at once, with all that it does for clients."""
        for id_ in (self._process.pid, *children(self._process)):
            with suppress(ProcessLookupError):
                os.kill(id_, signal.SIGKILL)
        self.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def copy(self, user: str, other: str) -> None:
        """Give another user the mails of one as they are now, with their numbers."""
        shutil.copytree(self.folder / "mail" / user, self.folder / "mail" / other)
        for path in (self.folder / "mail" / other, *(self.folder / "mail" / other).rglob("*")):
            if os.getuid() == 0:
                shutil.chown(path, "nobody", "nogroup")

    def forget_numbers(self, user: str, folder: str) -> None:
        """Make the server give new numbers to the mails of a folder, under a new UIDVALIDITY."""
        self.stop()
        place = self.folder / "mail" / user / folder
        for path in {*place.glob("dovecot*"), *(self.folder / "mail" / user).glob("dovecot*list*")}:
            path.unlink()
        self.start()

    def client(self, user: str) -> imaplib.IMAP4:
        """Return another program's connection, signed in: to make what is then read."""
        client = imaplib.IMAP4("127.0.0.1", self.port)
        client.login(user, PASSWORD)
        return client

    def token(self, user: str, *, seconds: int = 3600) -> str:
        """Return an access token for a user that holds for so long."""
        now = int(time.time())
        parts = {"alg": "HS256", "typ": "JWT"}, {"email": user, "sub": user, "iat": now - 60, "exp": now + seconds}
        signed = b".".join(_base64(json.dumps(part).encode()) for part in parts)
        return (signed + b"." + _base64(hmac.digest(_TOKEN_KEY, signed, "sha256"))).decode()


@contextmanager
def dovecot(capabilities: str = "") -> Iterator[Dovecot]:
    with workplace() as folder:
        server = Dovecot(folder, capabilities)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
