import imaplib
from collections.abc import Iterator

import pytest

from tests.labs.dovecot.server import Dovecot, dovecot
from tests.labs.lab import lab


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with lab("Dovecot", dovecot()) as started:
        yield started


def test_a_token_opens_the_mailbox_of_its_user(server: Dovecot) -> None:
    assert _answer(server, server.token("ada")) == "OK"
    assert _answer(server, server.token("bob")) == _answer(server, server.token("ada", seconds=-10)) == "NO"


def _answer(server: Dovecot, token: str) -> str:
    def words(_: bytes) -> bytes:
        return f"user=ada\1auth=Bearer {token}\1\1".encode()

    client = imaplib.IMAP4("127.0.0.1", server.port)
    try:
        return client.authenticate("XOAUTH2", words)[0]
    except imaplib.IMAP4.error:
        return "NO"
    finally:
        client.shutdown()
