import pytest

from kith.domain.matching.addresses import find_address, organization_domain, parse_address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane.Doe@Gmail.com", "janedoe@googlemail.com"),
        ("jane+lists@example.net.au", "jane@example.net.au"),
        ("<jane@acme.org>", "jane@acme.org"),
        ("jane at acme.org", "jane@acme.org"),
    ],
)
def test_spellings_of_one_mailbox_are_one(one: str, other: str) -> None:
    first, second = parse_address(one), parse_address(other)
    assert first is not None
    assert second is not None
    assert first.text == second.text


def test_dots_count_outside_gmail() -> None:
    first, second = parse_address("j.doe@acme.org"), parse_address("jdoe@acme.org")
    assert first is not None
    assert second is not None
    assert first.text != second.text


@pytest.mark.parametrize(
    ("raw", "network", "handle", "account"),
    [
        ("1234567+octocat@users.noreply.github.com", "github", "octocat", "1234567"),
        ("octocat@users.noreply.github.com", "github", "octocat", ""),
        ("42-tanuki@users.noreply.gitlab.com", "gitlab", "tanuki", "42"),
        ("gopher@noreply.codeberg.org", "codeberg", "gopher", ""),
        ("7+ada@users.noreply.git.example.edu", "git.example.edu", "ada", "7"),
    ],
)
def test_a_code_hosts_no_reply_address_is_a_handle(raw: str, network: str, handle: str, account: str) -> None:
    address = parse_address(raw)
    assert address is not None
    assert (address.network, address.handle, address.account) == (network, handle, account)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("devnull@localhost", "nowhere"),
        ("none@none", "nowhere"),
        ("noreply@github.com", "nowhere"),
        ("root@box.(none)", "nowhere"),
        ("jane@box.(none)", "machine"),
        ("jane@janes-mac.local", "machine"),
        ("jane@192.168.1.2", "machine"),
        ("numpy-discussion@python.org", "mailbox"),
        ("git-devel@kernel.org", "shared"),
        ("jane@lists.acme.org", "shared"),
        ("admin@acme.org", "shared"),
        ("info@acme.org", "shared"),
        ("hello@acme.org", "mailbox"),
        ("jane@acme.org", "mailbox"),
    ],
)
def test_addresses_that_say_nothing_of_one_human_are_recognised(raw: str, kind: str) -> None:
    address = parse_address(raw)
    assert address is not None
    assert address.kind == kind


@pytest.mark.parametrize("raw", ["", "jane", "@acme.org", "jane@", "  "])
def test_what_is_no_address_gives_none(raw: str) -> None:
    assert parse_address(raw) is None


def test_an_address_hidden_from_robots_is_found() -> None:
    assert find_address("Jane (jane [at] acme [dot] org)") == "jane@acme.org"


def test_the_owner_of_a_domain_is_below_the_country() -> None:
    assert organization_domain("cs.ox.ac.uk") == "ox.ac.uk"
    assert organization_domain("mail.acme.org") == "acme.org"
    assert organization_domain("gmail.com") == ""
