"""Who wrote a mail: behind lists that put themselves into From, forwarders, and the programs of code hosts."""

import re

from kith.connectors._spelled import spelled
from kith.connectors.mail.headers import ADDRESS, Headers, Mailbox, mailboxes
from kith.connectors.mail.machines import is_robot

_ARCHIVED = re.compile(r"(\S+) at (\S+) \((.*)\)\s*$", re.DOTALL)
_ENCLOSED = re.compile("[<>@]")
_VIA_WORDS = (
    r"via|vía|über|ueber|through|por|par|przez|through|tramite|genom|door|gjennom|gennem|kautta|prostřednictvím"
    r"|mediante|attraverso|durch|melalui|përmes|prin|μέσω|за посередництвом|через|чрез"
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
    re.compile(r"btv\d==[^=]*==(?P<local>[^@=]+)@(?P<host>.+)"),
    re.compile(r"(?P<local>[^@]+)@(?P<host>[\w-]+(?:\.[\w-]+)+?)(?:\.dmarc|\.nospam|\.remove)?\.invalid"),
    re.compile(r"(?:[^@=+]+\+)?(?P<local>[^@=+]+)=(?P<host>[\w-]+(?:\.[\w-]+)+)@.+"),
    re.compile(r"(?P<local>[^@]+)_at_(?P<host>[\w-]+(?:\.[\w-]+)+)@.+"),
    re.compile(r"(?P<local>[^@%#]+)[%#](?P<host>[\w-]+(?:\.[\w-]+)+)@.+"),
)
_ORIGINAL = (
    "x-original-from", "x-original-sender", "x-google-original-from", "original-from", "x-mailman-original-from",
    "x-original-author", "author", "x-envelope-from-original", "x-bugzilla-who", "rt-originator",
)  # fmt: skip
#: Headers by which the programs of code hosts and trackers say that a mail carries a human's words.
_HOSTS = (
    "x-github-sender", "x-github-reason", "x-gitlab-project-id", "x-gitlab-project", "x-gerrit-messagetype",
    "x-gerrit-change-id", "x-gitea-reason", "x-gitea-repository", "x-forgejo-repository", "x-phabricator-projects",
    "x-phabricator-sent-this-message", "x-launchpad-notification-type", "x-launchpad-message-rationale",
    "x-discourse-post-id", "x-discourse-topic-id", "x-bitbucket-reason", "x-redmine-sender", "x-redmine-project",
    "x-jira-fingerprint", "x-sourcehut-patchset", "x-trac-project", "x-roundup-name", "x-zulip-message-id",
    "x-launchpad-bug",
)  # fmt: skip
_HOST_DRESS = re.compile(
    r"\s*\((?:gerrit|jira|code review|phabricator|via .*|@[\w.-]+)\)|\s*\[(?:bot|jira)\]$", re.IGNORECASE
)
#: The addresses of code hosts, from which programs send on what humans wrote.
_HOST_ADDRESS = re.compile(
    r".*@(?:.*\.)?(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitea\.com|sr\.ht|launchpad\.net|gitee\.com"
    r"|atlassian\.(?:com|net)|sourceforge\.net|phabricator\.[\w.-]+|trello\.com)"
)
_VIA_HOST = re.compile(
    rf".+[\s(\[]+(?:{_VIA_WORDS})\s+(?:github|gitlab|gitea|forgejo|codeberg|bitbucket|gerrit|phabricator|bugzilla|jira|rt"
    r"|launchpad|redmine|trac|reviewboard|sourcehut|discourse|zulip|slack|discord|matrix|nabble|doodle|docusign)\b.*",
    re.IGNORECASE,
)
_HANDLED = re.compile(r"[\w.-]+\s+\((\S+(?:\s+\S+)+)\)")


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
    elif (words := spelled(value)) and not _ENCLOSED.search(before := words[0].rstrip(' <("')):
        value = f'"{before.strip(" ,")}" <{words[1]}>'
    shown = next(iter(mailboxes([value])), None)
    if shown is None:
        return None
    lists = _lists(headers, list_address)
    name = _hidden_name(shown.name)
    if not any(_is_of(shown.address, own) for own in lists):
        inner = _unwritten(shown.address)
        if inner:
            return Mailbox(inner, name or shown.name)
        return _human_behind(headers, shown) or _answered(headers, shown, shown.name) or shown
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
    return match[1].strip(" '\"(),-/|") if match else ""


def _original(headers: Headers, lists: set[str], shown: Mailbox, name: str) -> Mailbox | None:
    """Return the author as other headers have it: said to be, whom answers go to, or who is copied under that name."""
    for header in (*_ORIGINAL, "reply-to", "sender", "x-mailfrom"):
        for other in headers.mailboxes(header):
            address = _unwritten(other.address) or other.address
            if not any(_is_of(address, own) for own in (*lists, shown.address)) and not is_robot(address):
                return Mailbox(address, _hidden_name(other.name) or other.name or name)
    if inner := _unwritten(shown.address):
        return Mailbox(inner, name or shown.name)
    if (inside := ADDRESS.search(shown.name.lower())) and inside[0] not in lists:
        return Mailbox(inside[0], re.sub(r"\s*\[[^\]]*\]$", "", shown.name.replace(inside[0], "")).strip())
    for other in headers.mailboxes("cc", "to"):
        if _is_named(shown.name, name, other.name) and other.address not in lists:
            return other
    return None


def _is_named(shown: str, hidden: str, other: str) -> bool:
    """Whether a list shows this name, whatever words it puts behind; of one word only where it hides just that."""
    if not other:
        return False
    begins = re.match(rf"['\"(]*{re.escape(other)}\b", shown, re.IGNORECASE) is not None
    return other.casefold() == hidden.casefold() or (begins and len(other.split()) > 1)


def _answered(headers: Headers, shown: Mailbox, name: str) -> Mailbox | None:
    """Return whom answers go to under the same name, where a program's address or one made for DMARC stands in From."""
    if not (is_robot(shown.address) or re.search(r"@(?:.*\.)?dmarc\.", shown.address)):
        return None
    for other in headers.mailboxes("reply-to"):
        if name and other.name.casefold() == name.casefold() and not is_robot(other.address):
            return Mailbox(other.address, name)
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
    if who := headers.mailboxes("x-bugzilla-who", "rt-originator"):
        return (
            Mailbox(who[0].address, who[0].name or _hidden_name(shown.name)) if not is_robot(who[0].address) else None
        )
    if not _is_sent_on(headers, shown):
        return None
    handled = _HANDLED.fullmatch(shown.name) if headers.has("x-phabricator-sent-this-message") else None
    name = handled[1] if handled else _HOST_DRESS.sub("", _hidden_name(shown.name) or shown.name).strip(" '\"")
    local, _, host = shown.address.partition("@")
    if not name or re.search(r"\bbot\b", shown.name, re.IGNORECASE) or name.lower() == local:
        return None
    sent_by = host if local.isdecimal() else shown.address
    return _answered(headers, shown, name) or Mailbox(f"{name.lower()} via {sent_by}", name)


def _is_sent_on(headers: Headers, shown: Mailbox) -> bool:
    """Whether a program of a code host or a tracker sends on what the human says whose name is shown."""
    is_program = is_robot(shown.address)
    if _VIA_HOST.fullmatch(shown.name) or (is_program and _hidden_name(shown.name)):
        return True
    if headers.has(*_HOSTS) or _HOST_DRESS.search(shown.name):
        return is_program or _is_hosts(shown) or ("@" not in shown.name and headers.has(*_HOSTS[:2]))
    words = shown.name.lower().split()
    return is_program and _is_hosts(shown) and len(words) > 1 and not any(word in shown.address for word in words)


def _is_hosts(shown: Mailbox) -> bool:
    return _HOST_ADDRESS.fullmatch(shown.address) is not None
