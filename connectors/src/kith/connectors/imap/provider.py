"""Who lets apps into mailboxes by OAuth, by their own documents; other servers take a password."""

from kith.connectors import Provider, ScopeNeeded

GOOGLE = Provider(
    name="google",
    title="Google",
    authorize="https://accounts.google.com/o/oauth2/v2/auth",
    exchange="https://oauth2.googleapis.com/token",
    site="https://accounts.google.com",
    scopes=(ScopeNeeded("https://mail.google.com/", "Mails: Google lets IMAP in by no smaller scope."),),
    extra=(("access_type", "offline"), ("prompt", "consent")),
    docs="https://developers.google.com/workspace/gmail/imap/xoauth2-protocol",
)
MICROSOFT = Provider(
    name="microsoft",
    title="Microsoft",
    authorize="https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    exchange="https://login.microsoftonline.com/common/oauth2/v2.0/token",
    site="https://login.microsoftonline.com",
    scopes=(
        ScopeNeeded("https://outlook.office.com/IMAP.AccessAsUser.All", "Mails: Microsoft lets IMAP in by no smaller."),
        ScopeNeeded("offline_access", "A token that kith can renew."),
    ),
    docs="https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/",
)
#: By the host of the mail server.
PROVIDERS = {
    "imap.gmail.com": GOOGLE,
    "imap.googlemail.com": GOOGLE,
    "outlook.office365.com": MICROSOFT,
    "imap-mail.outlook.com": MICROSOFT,
}
