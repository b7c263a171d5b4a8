"""The connector `imap` on a real Dovecot, one that tells deletions and one that does not."""

import imaplib
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from kith.connectors import (
    Interaction,
    InteractionRef,
    Limits,
    Page,
    Reauthorize,
    Retry,
    Secret,
    Tombstone,
    describe,
    open_context,
    pages_of,
    provider_of,
)
from kith.connectors.imap import ImapConfig, ImapConnector, reader
from kith.connectors.mail import MailConfig, MailConnector
from kith.connectors.mail.opening import open_mailbox
from kith.connectors.testing import Facts, check_connector, trusting
from tests.labs.dovecot.server import PASSWORD, Dovecot, dovecot
from tests.labs.lab import lab
from tests.paths import SHARED, shared
from tests.unit.connectors.mailboxes import THREAD, mail, mbox

IMAP = ImapConnector()
#: What servers without QRESYNC say that they can.
PLAIN = "IMAP4rev1 SASL-IR AUTH=PLAIN"
MORE = tuple(
    mail(number, f"Re: {number}", "x", f"P{number} <p{number}@x.org>", answers=[number - 1]) for number in range(6, 20)
)


@pytest.fixture(scope="module", params=["", PLAIN], ids=["qresync", "plain"])
def server(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    with lab("Dovecot", dovecot(request.param)) as started:
        yield started


@pytest.fixture(scope="module")
def one() -> Iterator[Dovecot]:
    with lab("Dovecot", dovecot()) as started:
        yield started


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BATCH", 2)
    monkeypatch.setattr(reader, "PAGE_RECORDS", 3)
    monkeypatch.setattr(reader, "PAGE_DELETIONS", 2)
    monkeypatch.setattr(reader, "IDS", 3)


def mail_files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".keep")
    return sorted(path for path in found if path.suffix in (".eml", ".mbox") or path.parent.name in ("cur", "new"))


CASES = SHARED / "cases/mail"


class Account:
    """Reads an account as kith does, run by run, and keeps what it amounts to."""

    def __init__(self, config: ImapConfig, folder: Path) -> None:
        self.config, self.folder = config, folder
        self.cursor: msgspec.Raw | None = None
        self.pages: list[Page] = []

    async def read(self) -> list[Page]:
        found = [page async for page in self.run()]
        assert not [skip for page in found for skip in page.skipped]
        return found

    async def run(self) -> AsyncIterator[Page]:
        async with open_context(IMAP, self.config, self.folder) as context:
            async for page in pages_of(IMAP, self.config, self.cursor, context):
                self.cursor = page.cursor
                self.pages.append(page)
                yield page

    def keys(self) -> list[str]:
        return sorted(ref.key.partition("@")[0] for ref in Facts(self.pages).interactions)


def config_of(server: Dovecot, user: str, *, bodies: bool = True) -> ImapConfig:
    return ImapConfig(f"127.0.0.1:{server.port}", user, Secret(PASSWORD), security="none", bodies=bodies)


def fill(client: imaplib.IMAP4, folder: str, *mails: bytes) -> None:
    client.create(folder)
    for data in mails:
        assert client.append(folder, "", "", data.replace(b"\n", b"\r\n"))[0] == "OK"


def expunge(client: imaplib.IMAP4, folder: str, uids: str) -> None:
    client.select(folder)
    client.uid("STORE", uids, "+FLAGS", r"(\Deleted)")
    client.expunge()
    client.close()


def tombstones(pages: list[Page]) -> list[tuple[str, str]]:
    return [(r.ref.key.partition("@")[0], r.cause) for page in pages for r in page.records if isinstance(r, Tombstone)]


def told(pages: list[Page]) -> list[Interaction]:
    return [record for page in pages for record in page.records if isinstance(record, Interaction)]


@pytest.mark.usefixtures("small")
async def test_it_keeps_what_kith_asks(server: Dovecot) -> None:
    client = server.client("kit")
    fill(client, "INBOX", *THREAD)
    fill(client, "Lists/Größe".encode("utf-7").decode().replace("+", "&").replace("/", "/"), *MORE[:4])
    client.logout()
    server.copy("kit", "later")
    client = server.client("later")
    fill(client, "INBOX", *MORE[4:])
    expunge(client, "INBOX", "2,4")
    client.logout()
    server.restart()
    verdict = await check_connector(IMAP, config_of(server, "kit"), config_of(server, "later"))
    assert verdict.tier == "branch"


@pytest.mark.usefixtures("small")
async def test_what_goes_and_moves_is_followed(server: Dovecot, tmp_path: Path) -> None:
    client = server.client("moves")
    fill(client, "INBOX", *THREAD)
    account = Account(config_of(server, "moves"), tmp_path)
    await account.read()
    assert account.keys() == ["1", "2", "3", "4", "5"]
    assert await account.read() == []

    client.select()
    client.uid("STORE", "1:3", "+FLAGS", r"(\Seen \Answered)")
    assert told(await account.read()) == []

    expunge(client, "INBOX", "2")
    assert tombstones(await account.read()) == [("2", "gone")]
    fill(client, "Archive")
    client.select()
    client.uid("MOVE", "3", "Archive")
    client.uid("COPY", "4", "Archive")
    await account.read()
    assert account.keys() == ["1", "3", "4", "5"]
    expunge(client, "INBOX", "4")
    assert tombstones(await account.read()) == []

    client.rename("Archive", "Attic")
    await account.read()
    assert account.keys() == ["1", "3", "4", "5"]
    client.delete("Attic")
    await account.read()
    assert account.keys() == ["1", "5"]
    fill(client, "Attic", THREAD[2])
    await account.read()
    assert account.keys() == ["1", "3", "5"]
    client.delete("Attic")
    assert tombstones(await account.read()) == [("3", "gone")]
    assert await account.read() == []
    client.logout()


@pytest.mark.usefixtures("small")
async def test_new_numbers_double_nothing_and_lose_nothing(server: Dovecot, tmp_path: Path) -> None:
    client = server.client("numbers")
    fill(client, "Box", *THREAD)
    account = Account(config_of(server, "numbers"), tmp_path)
    await account.read()
    before = Facts(account.pages).interactions
    client.logout()
    gone = next(path for path in (server.folder / "mail/numbers/Box").rglob("*") if b"<4@example" in content(path))
    gone.unlink()
    server.forget_numbers("numbers", "Box")
    halves = []
    async for page in account.run():
        halves.append(page)
        if len(halves) == 2:
            break  # the worker is killed in the middle
    rest = await account.read()
    assert tombstones([*halves, *rest]) == [("4", "gone")]
    after = Facts(account.pages).interactions
    assert after == {ref: act for ref, act in before.items() if ref.key != "4@example.org"}
    assert await account.read() == []


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


async def test_another_machine_reads_on_and_finds_what_goes_from_then(server: Dovecot, tmp_path: Path) -> None:
    client = server.client("machines")
    fill(client, "INBOX", *THREAD)
    account = Account(config_of(server, "machines"), tmp_path / "one")
    await account.read()
    account.folder = tmp_path / "two"
    fill(client, "INBOX", MORE[0])
    await account.read()
    expunge(client, "INBOX", "1,6")
    assert sorted(tombstones(await account.read())) == [("1", "gone"), ("6", "gone")]
    expunge(client, "INBOX", "2")
    account.folder = tmp_path / "three"
    assert tombstones(await account.read()) == []
    async with open_context(IMAP, account.config, tmp_path) as context:
        keys = ["1@example.org", "2@example.org", "3@example.org", "größe@example.org", "none@no-message-id.invalid"]
        refs = [InteractionRef("mail", key, "message") for key in keys]
        assert [ref.key for ref in await IMAP.gone(account.config, refs, context)] == keys[:2]
    client.logout()


async def test_a_mail_that_a_digest_carries_is_there(one: Dovecot, tmp_path: Path) -> None:
    digest = shared("cases/mail/digest-mime/a.eml").read_bytes()
    client = one.client("digests")
    fill(client, "INBOX", digest.replace(b"\r\n", b"\n"))
    account = Account(config_of(one, "digests"), tmp_path)
    refs = [act.ref for act in told(await account.read())]
    assert len(refs) > 1
    async with open_context(IMAP, account.config, tmp_path) as context:
        assert await IMAP.gone(account.config, refs, context) == []
        expunge(client, "INBOX", "1")
        assert await IMAP.gone(account.config, refs, context) == refs
    assert {key for key, _ in tombstones(await account.read())} == {ref.key.partition("@")[0] for ref in refs}
    client.logout()


async def test_a_ledger_that_is_broken_is_made_again(one: Dovecot, tmp_path: Path) -> None:
    client = one.client("ledger")
    fill(client, "INBOX", *THREAD)
    account = Account(config_of(one, "ledger"), tmp_path)
    await account.read()
    (tmp_path / "mails.sqlite").write_bytes(b"this is no database at all, but long enough to be one" * 100)
    fill(client, "INBOX", MORE[0])
    await account.read()
    expunge(client, "INBOX", "5")
    assert tombstones(await account.read()) == [("5", "gone")]
    client.logout()


@pytest.mark.usefixtures("small")
async def test_a_server_that_is_killed_in_the_middle_loses_nothing(one: Dovecot, tmp_path: Path) -> None:
    client = one.client("killed")
    fill(client, "INBOX", *THREAD, *MORE)
    client.logout()
    whole = Account(config_of(one, "killed"), tmp_path / "whole")
    await whole.read()
    cut = Account(config_of(one, "killed"), tmp_path / "cut")
    for _ in range(2):
        with pytest.raises(Retry):
            await killing(one, cut)
        with pytest.raises(Retry):
            await cut.read()
        one.start()
    await cut.read()
    assert Facts(cut.pages).interactions == Facts(whole.pages).interactions
    assert len(whole.keys()) == len(THREAD) + len(MORE)


async def killing(server: Dovecot, account: Account) -> None:
    async for _ in account.run():
        server.kill()


async def test_without_texts_no_word_is_read_and_a_fuller_copy_counts(one: Dovecot, tmp_path: Path) -> None:
    client = one.client("headers")
    fill(client, "INBOX", *THREAD)
    client.logout()
    full = Account(config_of(one, "headers"), tmp_path / "full")
    account = Account(config_of(one, "headers", bodies=False), tmp_path / "headers")
    acts, fuller = told(await account.read()), told(await full.read())
    assert {act.text for act in acts} == {None}
    assert all(act.copied for act in acts)
    assert [msgspec.structs.replace(act, text=None, copied=True) for act in fuller] == acts


async def test_a_mail_is_the_same_act_in_a_mailbox_and_in_an_archive(one: Dovecot, tmp_path: Path) -> None:
    listed = [data.replace(b"\n\n", b"\nList-Id: <dev.lists.example.org>\n\n", 1) for data in (*THREAD[:4], *MORE)]
    client = one.client("same")
    fill(client, "INBOX", *listed)
    client.logout()
    account = Account(config_of(one, "same"), tmp_path / "imap")
    (tmp_path / "archive").write_bytes(mbox(*listed))
    assert stated(told(await account.read())) == stated(told(await archived(tmp_path / "archive", tmp_path)))


@pytest.mark.skipif(not CASES.exists(), reason="../shared/cases/mail is not here")
@pytest.mark.parametrize("case", sorted({path.relative_to(CASES).parts[0] for path in mail_files(CASES)}))
async def test_what_is_told_of_a_case_is_what_its_archive_tells(one: Dovecot, tmp_path: Path, case: str) -> None:
    """Dovecot's own folder is a Maildir, which the connector `mail` reads."""
    client = one.client(case)
    fill(client, "INBOX", *dict.fromkeys(mails_of(CASES / case)))
    client.logout()
    account = Account(config_of(one, case), tmp_path)
    mine = stated(told([page async for page in account.run()]))
    theirs = stated(told(await archived(one.folder / "mail" / case, tmp_path)))
    assert mine == theirs


async def archived(path: Path, folder: Path) -> list[Page]:
    config = MailConfig(str(path))
    async with open_context(MailConnector(), config, folder) as context:
        return [page async for page in MailConnector().pull(config, None, context)]


def stated(acts: list[Interaction]) -> dict[str, Interaction]:
    """Return what kith takes of acts: of one that names what it answers, it finds out whom that is towards."""
    authors = {act.ref.key: act.actor for act in acts}
    found = {}
    for act in acts:
        if act.reply_to:
            author = authors.get(act.reply_to.key)
            targets = tuple(target for target in act.targets if target.identity != author)
            act = msgspec.structs.replace(act, conversation=None, targets=targets, reply_to=None)
        found[act.ref.key] = act
    return found


def mails_of(folder: Path) -> Iterator[bytes]:
    for path in mail_files(folder):
        mailbox = open_mailbox(str(path), None, Limits())
        try:
            yield from (item.data for item in mailbox.items() if item.data.strip() and not item.unread)
        finally:
            mailbox.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_encryption_and_both_ways_to_sign_in(one: Dovecot, tmp_path: Path, security: str) -> None:
    port = one.tls_port if security == "tls" else one.port
    for signs in ({"password": Secret(PASSWORD)}, {"token": Secret(one.token("ada"))}):
        config = ImapConfig(f"localhost:{port}", "ada", security=security, **signs)  # type: ignore[arg-type] # given by name
        async with open_context(IMAP, config, tmp_path, dial=trusting(one.folder / "cert.pem")) as context:
            assert (await IMAP.check(config, context)).detail == "1 folders with 0 mails."


@pytest.mark.parametrize("signs", ["password", "token"])
async def test_what_no_longer_opens_the_account_is_renewed_by_a_human(one: Dovecot, tmp_path: Path, signs: str) -> None:
    config = ImapConfig(f"127.0.0.1:{one.port}", "ada", security="none", **{signs: Secret("wr0ng-and-secret")})  # type: ignore[arg-type] # given by name
    async with open_context(IMAP, config, tmp_path) as context:
        with pytest.raises(Reauthorize) as raised:
            await IMAP.check(config, context)
    assert "wr0ng" not in str(raised.value)


class Renewing:
    """Renews a token as kith does: its secret then holds another text."""

    def __init__(self, secret: Secret, server: Dovecot) -> None:
        self._secret, self._server, self.renewed = secret, server, 0

    async def see_to(self) -> None:
        """Nothing ends soon."""

    async def renew(self, used: str) -> bool:
        assert used == self._secret.reveal()
        self.renewed += 1
        self._secret.become(self._server.token("ada"))
        return True


async def test_a_token_that_has_ended_is_renewed(one: Dovecot, tmp_path: Path) -> None:
    token = Secret(one.token("ada", seconds=-30))
    renewing = Renewing(token, one)
    config = ImapConfig(f"127.0.0.1:{one.port}", "ada", token=token, security="none")
    async with open_context(IMAP, config, tmp_path, renewal=renewing) as context:
        for _ in range(2):
            assert (await IMAP.check(config, context)).detail == "1 folders with 0 mails."
        assert renewing.renewed == 1
        assert context.http.redact(token.reveal()) != token.reveal(), "the new one is seen nowhere either"


def test_who_lets_an_account_in_follows_from_its_server() -> None:
    for server, name in (("imap.gmail.com:993", "google"), ("outlook.office365.com:993", "microsoft")):
        found = provider_of(IMAP, {"server": server})
        assert found
        assert (found.name, found.scopes_for({}) != []) == (name, True)
    assert provider_of(IMAP, ImapConfig("imap.example.org:993", "ada")) is None
    assert describe(IMAP).capabilities == ("partitions", "audits", "live", "authorization")


def test_the_folder_of_a_user_is_copied_with_its_numbers(one: Dovecot) -> None:
    client = one.client("original")
    fill(client, "INBOX", *THREAD)
    client.logout()
    one.copy("original", "copy")
    client, other = one.client("original"), one.client("copy")
    asked = "(UIDVALIDITY UIDNEXT HIGHESTMODSEQ)"
    assert client.status("INBOX", asked) == other.status("INBOX", asked)
    client.logout()
    other.logout()
    shutil.rmtree(one.folder / "mail/copy")
