"""Mails that no human wrote, and addresses behind which there is no one human."""

import re
from email.message import Message

from kith.connectors import IdentityKind
from kith.connectors._lists import is_list
from kith.connectors.mail.headers import Headers, Mailbox

#: The part before the @ of programs that write mail.
_BOT_LOCAL = re.compile(
    r"(?:.*[-+._])?(?:mailer-?daemon|no[-._]?reply|do[-._]?not[-._]?reply|notifications?|notify|postmaster|bounces?"
    r"|bot|robot|daemon|cron|auto(?:mailer|responder|reply|build)?|builds?|ci|jenkins|buildbot|buildmaster"
    r"|build-?daemon"
    r"|bugzilla|bugs|bugtracker|tracker|patchwork|gerrit|gitlab|jira|redmine|trac|mantis|hudson|syzbot|dependabot"
    r"|renovate|sentry|nagios|zabbix|alerts?|monitoring|wiki|mediawiki|listserv|majordomo|mailman|sympa|ezmlm"
    r"|weblate|pootle|transifex|buildd|tinderbox|logwatch|mailer|calendar-notification|ftpmaster|test-results)"
    r"(?:[-+._=].*)?@.*"
)
#: What lists let programs do: what is sent there, or comes from there, is of no human.
_LIST_ROBOT = re.compile(
    r".+-(?:request|bounces?|owner|admin|subscribe|unsubscribe|join|leave|confirm|help|digest)(?:[-+=].*)?@.*"
    r"|owner-.+@.*"
)
_BOT_NAME = re.compile(
    r"(?:.*[\s_./-])?(?:ro)?bot(?:[\s_./-].*)?|.*\b(?:daemon|mailer|autobuilder|auto-?build|buildbot|patchwork"
    r"|bugzilla|bug ?track(?:er|ing)|nightly build)\b.*"
    r"|.*\bautomat(?:ed|ic)\b.*|(?:mail delivery (?:sub)?system|jenkins|hudson|jira|gitlab|gerrit|buildmaster)",
    re.IGNORECASE,
)
#: Words that name a task of many and not one human.
_ROLE = re.compile(
    r"(?:abuse|admins?|administrator|accounts?|accounting|all|announce|billing|board|booking|careers|committee"
    r"|contact|core"
    r"|dev|devel|developers?|editors?|enquiries|events?|everyone|feedback|finance|general|hello|help|helpdesk"
    r"|hostmaster|hr"
    r"|info|jobs|kontakt|legal|list|lists|maintainers?|marketing|media|members|membership|news|newsletter"
    r"|office|operations"
    r"|orders|organi[sz]ers?|postmaster|presse?|privacy|root|sales|secretary|secretariat|security|service|staff"
    r"|support"
    r"|team|users?|vorstand|webmaster)@.*|.*[-.](?:team|list|dev|devel|users|announce|maintainers|committee"
    r"|staff|group)@.*"
)
_AUTO_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]*\]\s*)?\[?(?:auto(?:matic|matische|matisk|maattinen)?[\s-]?(?:reply|response|antwort|antwoord|svar|vastaus)"
    r"|auto(?:reply|-reply)|out[\s-]of[\s-](?:the[\s-])?office"
    r"|vacation (?:reply|response|message|notice)|(?:i(?:'m| am) )?away from (?:my |the )?(?:mail|office|desk)"
    r"|abwesenheits?(?:notiz|assistent|meldung)?\b"
    r"|automatische antwort|automatisch antwoord|réponse automatique|absence du bureau|absent du bureau"
    r"|respuesta automática|fuera de la oficina|resposta automática|risposta automatica|fuori ufficio"
    r"|autosvar|frånvaro|automatyczna odpowiedź|автоответ|автоматический ответ|自動返信|自動応答|不在通知"
    r"|自动回复|自动答复|自動回覆|자동 회신|자동 응답"
    r"|poissa toimistosta|automatická odpověď|automatikus válasz|răspuns automat|otomatik yanıt)",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"\s*(?:undeliver(?:ed|able)|mail delivery (?:failed|failure|status)"
    r"|delivery (?:status notification|failure|failed)"
    r"|returned mail|failure notice|unzustellbar|non remis|mail system error|warning: could not send)",
    re.IGNORECASE,
)
#: On a list people speak of automatic answers; one itself says what it answers, or nothing more.
_ALONE = re.compile(r"[^:：]{0,20}(?:[:：]|$)")
_CALENDAR_ANSWER = re.compile(r"^METHOD:(REPLY|COUNTER|DECLINECOUNTER|REFRESH)\s*$", re.MULTILINE | re.IGNORECASE)


def kind_of(mailbox: Mailbox) -> IdentityKind:
    """Return what stands behind an address, as far as it and its name tell."""
    local = mailbox.address.partition("@")[0]
    if is_list_robot(mailbox.address) or (_BOT_LOCAL.fullmatch(mailbox.address) and not _is_human(mailbox.name, local)):
        return "bot"
    if mailbox.name and _BOT_NAME.fullmatch(mailbox.name):
        return "bot"
    return "group" if _ROLE.fullmatch(mailbox.address) or is_list(mailbox.address) else "person"


def is_list_robot(address: str) -> bool:
    return _LIST_ROBOT.fullmatch(address) is not None


def is_robot(address: str) -> bool:
    return _BOT_LOCAL.fullmatch(address) is not None or is_list_robot(address)


def automatic(
    headers: Headers, message: "Message[str, str]", sender: Mailbox | None, *, is_on_list: bool = False
) -> str | None:
    """Return why a mail is nobody's act: a program answered, or reports what became of another mail."""
    submitted = headers.first("auto-submitted").partition(";")[0].strip().lower()
    if submitted.startswith(("auto-replied", "auto-notified")):
        return "an automatic answer"
    if headers.has("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-vacation", "x-mail-autoreply"):
        return "an automatic answer"
    if re.search(r"\bvacation\b|auto-?respond", headers.first("x-mailer"), re.IGNORECASE):
        return "an automatic answer"
    if headers.first("precedence").lower() in ("auto_reply", "auto-reply"):
        return "an automatic answer"
    said = _AUTO_SUBJECT.match(headers.words("subject"))
    if said and (not is_on_list or _ALONE.match(said.string, said.end())):
        return "an automatic answer"
    kind = message.get_content_type()
    if kind in ("multipart/report", "message/delivery-status") or headers.has("x-failed-recipients"):
        return "a report of delivery or reading"
    if _BOUNCE_SUBJECT.match(headers.words("subject")) and (sender is None or is_robot(sender.address)):
        return "a report of delivery"
    if any(_is_calendar_answer(part) for part in message.walk()):
        return "a calendar's answer"
    return None


def _is_calendar_answer(part: "Message[str, str]") -> bool:
    if part.get_content_type() not in ("text/calendar", "application/ics"):
        return False
    method = part.get_param("method")
    if isinstance(method, str):
        return method.strip().upper() in ("REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH")
    data = part.get_payload(decode=True)
    return isinstance(data, bytes) and _CALENDAR_ANSWER.search(data.decode("utf-8", "replace")) is not None


def _is_human(name: str, local: str) -> bool:
    """Whether the name is that of a human, whose address only happens to begin like a program's (Will Tracker)."""
    words = name.split()
    return 2 <= len(words) <= 4 and not _BOT_NAME.fullmatch(name) and words[-1].lower() in local and len(words[0]) > 1
