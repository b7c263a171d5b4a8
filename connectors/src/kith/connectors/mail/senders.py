"""Who wrote a mail: behind lists that put themselves into From, forwarders, and the programs of code hosts."""

import re

from kith.connectors._lists import is_list
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
    re.compile(r"(?P<local>[^@]+)_at_(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:_[a-z0-9]{4,})?@.+"),
    re.compile(r"(?P<local>[^@%#]+)[%#](?P<host>[\w-]+(?:\.[\w-]+)+)@.+"),
)
_ORIGINAL = (
    "x-original-from", "x-original-sender", "x-google-original-from", "original-from", "x-mailman-original-from",
    "x-original-author", "author", "x-envelope-from-original", "x-bugzilla-who", "rt-originator",
    "x-simplelogin-original-from", "x-anonaddy-original-sender",
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
    r"\s*\((?:gerrit|jira|code review|phabricator|google (?:docs|drive|sheets|slides|groups)|figma"
    r"|confluence|trello|asana|notion"
    r"|linear|basecamp|clickup|monday|via .*|@[\w.-]+)\)|\s*\[(?:bot|jira)\]$",
    re.IGNORECASE,
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
#: Who sends on what others wrote, in their name: ``Ada Birk via GitGitGadget <gitgitgadget@...>``.
_RELAY = re.compile(rf".+?[\s(\[]+(?:{_VIA_WORDS})\s+(\w{{2,}}).*", re.IGNORECASE | re.DOTALL)
#: Addresses made for DMARC, of a list's program, and no one's own.
_MADE_UP = re.compile(r"(?:.*[-+._])?dmarc(?:[-+._].*)?@.*|.*@(?:.*\.)?dmarc\..*")
#: Addresses at which programs take answers, one for each thread.
_ANSWER_TO = re.compile(
    r"(?:reply|replies|incoming|no-?reply|notifications?|bounces?|comment)\b.*[+._-].*@.*|.*@(?:reply|incoming)\..*"
)
#: ``dev-bounces@lists.example.org on behalf of Ada Birk``, without quotes.
_BARE_BEHALF = re.compile(r"\s*[\w.+-]+@[\w.-]+\s+on behalf of\s+([^<>\"]+?)\s*(?:<([^<>\s]+)>)?\s*", re.IGNORECASE)
#: Commands to a list's program, by the address that takes them.
_COMMANDED = re.compile(
    r"(?P<local>[^\s@<>:]+?)[-+](?:request|unsubscribe|subscribe|leave|join|owner|help|bounces?|off|on)(?:[-+=][^@\s]*)?@(?P<host>[\w.-]+)"
    r"|owner-(?P<own>[^\s@<>:]+)@(?P<place>[\w.-]+)"
)
#: Names of projects, in which trackers sign.
_PROJECTS = ("x-trac-project", "x-redmine-project", "x-gitlab-project", "x-roundup-name", "x-launchpad-bug")
_HANDLED = re.compile(r"[\w.-]+\s+\((\S+(?:\s+\S+)+)\)")


def list_of(headers: Headers) -> str | None:
    """Return the address of the list that a mail came through, by what the list added; None where it is private."""
    for name in (
        "list-post",
        "x-beenthere",
        "x-mailing-list",
        "x-original-mailing-list",
        "x-mailinglist",
        "x-ml-address",
    ):
        found = ADDRESS.search(headers.first(name).lower().replace("mailto:", ""))
        if found and not _ANSWER_TO.fullmatch(found[0]):
            return found[0]
    if found := re.search(
        r"\blist\s+([^\s@;]+@[\w.-]+)", " ".join(headers.all("mailing-list", "delivered-to")).lower()
    ):
        return found[1]
    value = headers.first("list-id").lower()
    identifier = (re.findall(r"<\s*([^<>\s]+)\s*>", value) or [value.strip()])[-1]
    for mailbox in headers.mailboxes("to", "cc"):
        if mailbox.address.replace("@", ".") == identifier:  # whose name has a dot
            return mailbox.address
    local, _, host = identifier.partition(".")
    return f"{local}@{host}" if ADDRESS.fullmatch(f"{local}@{host}") else _commanded(headers)


def _commanded(headers: Headers) -> str | None:
    """Return the list that a mail is addressed to and whose commands it explains, or whose program sent it."""
    to = {mailbox.address for mailbox in headers.mailboxes("to", "cc")}
    explained = headers.all(
        "list-unsubscribe", "list-subscribe", "list-owner", "list-help", "mailing-list", "sender", "errors-to"
    )
    for match in _COMMANDED.finditer(" ".join(explained).lower()):
        address = f"{match['local'] or match['own']}@{match['host'] or match['place']}"
        if address in to:
            return address
    names = {value.lower() for value in headers.all("x-mailinglist", "x-ml-name", "x-list", "x-list-name")}
    return next((address for address in sorted(to) if address.partition("@")[0] in names), None)


def sender_of(headers: Headers, list_address: str | None) -> Mailbox | None:
    """Return who wrote the mail; where the list, or a program, put itself into From, whom it hides there."""
    value = headers.first("from")
    if match := _ARCHIVED.match(value):  # pipermail: ada at example.org (Ada)
        value = f'"{match[3]}" <{match[1]}@{match[2]}>'
    elif match := _BARE_BEHALF.fullmatch(value):
        value = (
            f'"{match[1]}" <{match[2]}>'
            if match[2] and not is_robot(match[2])
            else f'"{match[1]} via list" <{match[2]}>'
        )
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
        return (
            _relayed(headers, shown, name)
            or _human_behind(headers, shown)
            or _answered(headers, shown, shown.name)
            or shown
        )
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
        return Mailbox(inside[0], _undressed(shown.name.replace(inside[0], "")))
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


def _undressed(name: str) -> str:
    return re.sub(rf"\s*(?:\[[^\]]*\]|\((?:{_VIA_WORDS})\s[^)]*\))$", "", name, flags=re.IGNORECASE).strip(" '\"")


def _answered(headers: Headers, shown: Mailbox, name: str) -> Mailbox | None:
    """Return whom answers go to under the same name, where a program's address or one made for DMARC stands in From.

    Without a name, it is the one address that is no program's, where a list made From up or it is spelled in From.
    """
    is_made_up = _MADE_UP.fullmatch(shown.address) is not None
    if not (is_made_up or is_robot(shown.address) or _is_hosts(shown)):
        return None
    others = [
        other
        for other in headers.mailboxes("reply-to")
        if not (is_robot(other.address) or _ANSWER_TO.fullmatch(other.address))
    ]
    for other in others:
        if name and other.name.casefold() == name.casefold():
            return Mailbox(other.address, name)
    local = _letters(shown.address.partition("@")[0])
    named = name.lower().split()
    for other in others:
        is_spelled = local.endswith(_letters(other.address))
        is_own = headers.has("x-gerrit-messagetype") and any(len(word) > 2 and word in other.address for word in named)
        if not other.name and (
            is_spelled or is_own or (is_made_up and len(others) == 1 and not is_list(other.address))
        ):
            return Mailbox(other.address, name)
    if is_made_up:
        if inside := ADDRESS.search(shown.name.lower()):
            return Mailbox(inside[0], re.sub(r"\s*\(.*", "", shown.name).strip())
        if len(named) > 1:
            return Mailbox(f"{name.lower()} via {shown.address.partition('@')[2]}", name)
    return None


def _relayed(headers: Headers, shown: Mailbox, name: str) -> Mailbox | None:
    """Return whose mail a relay sends on in their name, by what the relay kept of it."""
    kept = next(iter(headers.mailboxes("x-simplelogin-original-from", "x-anonaddy-original-sender")), None)
    if kept:
        return kept
    if (inside := ADDRESS.search(shown.name.lower())) and re.search(
        rf"[(\[](?:{_VIA_WORDS})\s", shown.name, re.IGNORECASE
    ):
        return Mailbox(inside[0], _undressed(shown.name[: inside.start()]))
    relay = _RELAY.fullmatch(shown.name)
    words = [word for word in name.lower().split() if len(word) > 2]
    is_relay = relay is not None and _letters(relay[1]) in _letters(shown.address)
    if (
        not name
        or not (is_relay or shown.address.startswith("devnull"))
        or any(word in shown.address.partition("+")[0] for word in words)
    ):
        return None
    for header in (*_ORIGINAL, "cc", "reply-to"):
        for other in headers.mailboxes(header):
            if other.name.casefold() == name.casefold() or (header in _ORIGINAL and not other.name):
                return Mailbox(other.address, name)
    return _answered(headers, shown, name) or Mailbox(f"{name.lower()} via {shown.address}", name)


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
    if name.casefold() in {headers.words(project).casefold() for project in _PROJECTS if headers.has(project)}:
        return None
    if not name or re.search(r"\bbot\b", shown.name, re.IGNORECASE) or name.lower() == local:
        return None
    sent_by = host if local.isdecimal() else shown.address
    return _answered(headers, shown, name) or Mailbox(f"{name.lower()} via {sent_by}", name)


def _is_sent_on(headers: Headers, shown: Mailbox) -> bool:
    """Whether a program of a code host or a tracker sends on what the human says whose name is shown."""
    is_program = is_robot(shown.address)
    if _VIA_HOST.fullmatch(shown.name) or (is_program and _hidden_name(shown.name)):
        return True
    if headers.has(*_HOSTS) and _hidden_name(shown.name):
        return True
    if headers.has(*_HOSTS) or _HOST_DRESS.search(shown.name):
        return is_program or _is_hosts(shown) or ("@" not in shown.name and headers.has(*_HOSTS[:2]))
    words = shown.name.lower().split()
    return is_program and _is_hosts(shown) and len(words) > 1 and not any(word in shown.address for word in words)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def _is_hosts(shown: Mailbox) -> bool:
    return _HOST_ADDRESS.fullmatch(shown.address) is not None
