"""Who wrote a mail: behind lists that put themselves into From, forwarders, and the programs of code hosts."""

import re

from kith.connectors.mail.headers import ADDRESS, Headers, Mailbox, mailboxes
from kith.connectors.mail.machines import is_robot

_ARCHIVED = re.compile(r"(\S+) at (\S+) \((.*)\)\s*$", re.DOTALL)
_VIA_WORDS = (
    r"via|vía|über|ueber|through|por|par|przez|through|tramite|genom|door|gjennom|gennem|kautta|prostřednictvím"
    r"|через|чрез"
    r"|通过|經由|经由|経由|통해"
)
_VIA = re.compile(rf"(.+?)[\s,]+[(\[]?(?:{_VIA_WORDS})\s+\S.*", re.IGNORECASE | re.DOTALL)
_ON_BEHALF = re.compile(
    r".*\b(?:on behalf of|im auftrag von|au nom de|en nombre de|em nome de|per conto di|namens"
    r"|på vegne av|på uppdrag av|w imieniu|от имени|代表)\s+(.+)",
    re.IGNORECASE | re.DOTALL,
)
#: Addresses inside addresses: by DMARC rewriting, VERP-like gateways, BATV, SRS.
_REWRITTEN = (
    re.compile(r"(?P<local>[^@=]+)=40(?P<host>[\w-]+(?:\.[\w-]+)+)@.+"),
    re.compile(r"srs0[=+-][^=]+=[^=]+=(?P<host>[\w.-]+\.[\w-]+)=(?P<local>[^@]+)@.+"),
    re.compile(r"srs1[=+-][^=]+=[^=]+==[^=]+=[^=]+=(?P<host>[\w.-]+\.[\w-]+)=(?P<local>[^@]+)@.+"),
    re.compile(r"prvs=[0-9a-f]+=(?P<local>[^@=]+)@(?P<host>.+)"),
    re.compile(r"(?P<local>[^@=+]+)=(?P<host>[\w-]+(?:\.[\w-]+)+)@.+"),
    re.compile(r"(?P<local>[^@]+)_at_(?P<host>[\w-]+(?:\.[\w-]+)+)@.+"),
    re.compile(r"(?P<local>[^@%]+)%(?P<host>[\w-]+(?:\.[\w-]+)+)@.+"),
)
_ORIGINAL = (
    "x-original-from", "x-original-sender", "x-google-original-from", "original-from", "x-mailman-original-from",
    "x-original-author", "author", "x-envelope-from-original", "x-bugzilla-who",
)  # fmt: skip
#: Headers by which the programs of code hosts and trackers say that a mail carries a human's words.
_HOSTS = (
    "x-github-sender", "x-github-reason", "x-gitlab-project-id", "x-gitlab-project", "x-gerrit-messagetype",
    "x-gerrit-change-id", "x-gitea-reason", "x-gitea-repository", "x-forgejo-repository", "x-phabricator-projects",
    "x-phabricator-sent-this-message", "x-launchpad-notification-type", "x-launchpad-message-rationale",
    "x-discourse-post-id", "x-discourse-topic-id", "x-bitbucket-reason", "x-redmine-sender", "x-redmine-project",
    "x-jira-fingerprint", "x-sourcehut-patchset", "x-trac-project", "x-roundup-name", "x-zulip-message-id",
)  # fmt: skip
_HOST_DRESS = re.compile(
    r"\s*\((?:gerrit|jira|code review|phabricator|via .*|@[\w.-]+)\)|\s*\[(?:bot|jira)\]$", re.IGNORECASE
)


def list_of(headers: Headers) -> str | None:
    """Return the address of the list that a mail came through, by what the list added; None where it is private."""
    for name in ("list-post", "x-beenthere", "x-mailing-list", "x-original-mailing-list"):
        if found := ADDRESS.search(headers.first(name).lower().replace("mailto:", "")):
            return found[0]
    value = headers.first("list-id").lower()
    identifier = (re.findall(r"<\s*([^<>\s]+)\s*>", value) or [value.strip()])[-1]
    local, _, host = identifier.partition(".")
    return f"{local}@{host}" if ADDRESS.fullmatch(f"{local}@{host}") else None


def sender_of(headers: Headers, list_address: str | None) -> Mailbox | None:
    """Return who wrote the mail; where the list, or a program, put itself into From, whom it hides there."""
    value = headers.first("from")
    if match := _ARCHIVED.match(value):  # pipermail: ada at example.org (Ada)
        value = f'"{match[3]}" <{match[1]}@{match[2]}>'
    shown = next(iter(mailboxes([value])), None)
    if shown is None:
        return None
    lists = _lists(headers, list_address)
    name = _hidden_name(shown.name)
    if not any(_is_of(shown.address, own) for own in lists):
        inner = _unwritten(shown.address)
        if inner:
            return Mailbox(inner, name or shown.name)
        return _human_behind(headers, shown) or shown
    found = _original(headers, lists, shown, name)
    if found:
        return found
    return Mailbox(f"{name.lower()} via {shown.address}", name) if name else shown


def _lists(headers: Headers, list_address: str | None) -> set[str]:
    """Return the addresses that are the list's: by its headers, else a From that writes to itself in another's name."""
    if list_address:
        return {list_address}
    named = headers.mailboxes("from")[:1]
    to = {mailbox.address for mailbox in headers.mailboxes("to", "cc")}
    return {mailbox.address for mailbox in named if mailbox.address in to and _hidden_name(mailbox.name)}


def _is_of(address: str, list_address: str) -> bool:
    """Whether an address is the list's own, or one of those beside it (dev-bounces@, dev+owner@)."""
    local, _, host = address.partition("@")
    own, _, own_host = list_address.partition("@")
    return (
        host == own_host
        and re.fullmatch(rf"{re.escape(own)}(?:[-+](?:bounces|owner|noreply|request|admin)\b.*)?", local) is not None
    )


def _hidden_name(name: str) -> str:
    """Return whose name a list dressed up; empty where it did not."""
    match = _ON_BEHALF.fullmatch(name) or _VIA.fullmatch(name)
    return match[1].strip(" '\"(),") if match else ""


def _original(headers: Headers, lists: set[str], shown: Mailbox, name: str) -> Mailbox | None:
    """Return the author as other headers have it: said to be, whom answers go to, or who is copied under that name."""
    for header in (*_ORIGINAL, "reply-to"):
        for other in headers.mailboxes(header):
            address = _unwritten(other.address) or other.address
            if address not in lists and address != shown.address and not is_robot(address):
                return Mailbox(address, _hidden_name(other.name) or other.name or name)
    if inner := _unwritten(shown.address):
        return Mailbox(inner, name or shown.name)
    for other in headers.mailboxes("cc", "to"):
        if name and other.name.casefold() == name.casefold() and other.address not in lists:
            return other
    return None


def _unwritten(address: str) -> str | None:
    """Return the address that a list or a forwarder wrote into this one."""
    for form in _REWRITTEN:
        if match := form.fullmatch(address):
            inner = f"{match['local']}@{match['host']}"
            return inner if ADDRESS.fullmatch(inner) else None
    return None


def _human_behind(headers: Headers, shown: Mailbox) -> Mailbox | None:
    """Return the human whose words a code host or a tracker sends on; None where it speaks for itself."""
    if who := headers.mailboxes("x-bugzilla-who"):
        return who[0] if not is_robot(who[0].address) else None
    if not (headers.has(*_HOSTS) or _HOST_DRESS.search(shown.name)) or not (
        is_robot(shown.address) or ("@" not in shown.name and headers.has(*_HOSTS[:2]))
    ):
        return None
    name = _HOST_DRESS.sub("", _hidden_name(shown.name) or shown.name).strip(" '\"")
    if not name or re.search(r"\bbot\b", shown.name, re.IGNORECASE) or name.lower() == shown.address.partition("@")[0]:
        return None
    for other in headers.mailboxes("reply-to"):
        if other.name.casefold() == name.casefold() and not is_robot(other.address):
            return Mailbox(other.address, name)
    return Mailbox(f"{name.lower()} via {shown.address}", name)
