"""Scopes: one table, from which guards, the OpenAPI document, the consent page and the docs are made."""

from collections.abc import Collection, Iterable
from typing import NamedTuple


class Scope(NamedTuple):
    """What a scope allows.

    text: a plain sentence, for the docs and for the page on which a member consents. unseen: what an app without the
    scope does not see, where a member should know that. open: whether an app that registered itself may ask for it.
    """

    text: str
    unseen: str = ""
    open: bool = True


TABLE: dict[str, Scope] = {
    "people:read": Scope("Read people and their timelines."),
    "people:write": Scope("Correct people, join them, and take that back."),
    "people:contact:read": Scope(
        "See e-mail addresses and telephone numbers.", "E-mail addresses and telephone numbers."
    ),
    "identities:read": Scope("Read identities, and what was decided and is suggested on them."),
    "identities:write": Scope("Tell of identities, decide which are one person, and what stands behind each."),
    "organizations:read": Scope("Read organizations and affiliations."),
    "organizations:write": Scope("Create, change and delete organizations and affiliations."),
    "channels:read": Scope("Read channels."),
    "channels:write": Scope("Tell of channels and conversations."),
    "conversations:read": Scope("Read conversations."),
    "interactions:read": Scope("Read who did what, towards whom, when and where.", "Who did what, when and where."),
    "interactions:write": Scope("Tell who did what, and take that back."),
    "interactions:text:read": Scope(
        "Read and search what people wrote to one another.", "What people wrote to one another."
    ),
    "relationships:read": Scope("Read relationships and what they rest on.", "Who is in touch with whom."),
    "communities:read": Scope("Read communities, roles, and who belongs where."),
    "communities:write": Scope("Declare and change communities, and start detections."),
    "asks:read": Scope("Read open questions and requests, and who could answer them.", "What people ask for."),
    "asks:write": Scope("Say what became of a question or request."),
    "watches:read": Scope("Read watches, mentions, and whether our people were there.", "What is said of whom."),
    "watches:write": Scope("Create, change and delete watches, and say which mentions are right."),
    "dialogue:read": Scope("Read who converses, who broadcasts, and who answers whom.", "Who converses with whom."),
    "topics:read": Scope("Read what people talk about."),
    "notes:read": Scope("Read notes, tags and fields of the workspace's own.", "What members noted of people."),
    "notes:write": Scope("Write notes, and set tags and fields of the workspace's own."),
    "groups:read": Scope("Read groups and who is in them."),
    "groups:write": Scope("Create, change and delete groups."),
    "connectors:read": Scope("Read what connectors there are."),
    "sources:read": Scope("Read sources, their runs and their coverage."),
    "sources:private:read": Scope(
        "See what was told in private rooms and direct messages.", "Private rooms and direct messages."
    ),
    "sources:sealed:read": Scope(
        "See sealed sources, and with sources:private:read what they tell.", "What sealed sources tell."
    ),
    "sources:write": Scope("Create, change, pause, run and delete sources.", open=False),
    "sources:anywhere:read": Scope(
        "Have sources read any file and address that kith's own account can reach.", open=False
    ),
    "events:read": Scope("Read what happened in kith."),
    "webhooks:read": Scope("Read webhooks and what was delivered to them.", open=False),
    "webhooks:write": Scope("Create, change, test and delete webhooks, and have events delivered again.", open=False),
    "uploads:write": Scope("Send large files, and see, resume and delete them.", open=False),
    "imports:read": Scope("Read what was imported, and which lines could not be read."),
    "imports:write": Scope("Import files, and take back what an import told.", open=False),
    "exports:read": Scope("Read which exports there are, and with all read scopes what is in them.", open=False),
    "exports:write": Scope("Export what the workspace holds, as far as other scopes allow.", open=False),
    "erasures:read": Scope("Read who was erased when, with receipts that name nobody."),
    "erasures:write": Scope("Erase people for good.", open=False),
    "privacy:read": Scope("Read objections, consents, data reports, and what people asked for.", open=False),
    "privacy:write": Scope(
        "Record objections and consents, have data reports made, and answer what people asked for.", open=False
    ),
    "privacy:data:read": Scope("Read all that kith holds of a person, private rooms included.", open=False),
    "members:read": Scope("Read members and invitations."),
    "members:write": Scope("Invite members, change their roles, and remove them.", open=False),
    "jobs:read": Scope("Read background jobs."),
    "jobs:write": Scope("Cancel background jobs."),
    "workspace:read": Scope("Read the name of the workspace, what it takes, and what it may take."),
    "workspace:write": Scope("Rename the workspace.", open=False),
    "workspaces:read": Scope("Read all workspaces of the installation.", open=False),
    "workspaces:write": Scope("Create, rename and delete workspaces of the installation.", open=False),
    "audit:read": Scope("Read who changed what.", open=False),
    "apps:read": Scope("Read apps, who approved them, and what members granted them."),
    "apps:write": Scope("Create, change, approve and delete apps, and revoke what members granted them.", open=False),
    "tokens:read": Scope("Read which tokens there are, without their text."),
    "tokens:write": Scope("Create tokens with scopes that the creator has, and revoke any.", open=False),
}
"""Every scope. The application refuses to start when a route asks for another."""

SCOPES = {name: scope.text for name, scope in TABLE.items()}


class Sight(NamedTuple):
    """What a caller sees of what routes answer: each of these fields needs a scope beside that of the route.

    contact: addresses and telephone numbers. text: what was written: texts, subjects, and records that were not
    understood. private: private rooms and direct messages, whole. sealed: sealed sources and what they tell; None where
    the workspace has none.
    """

    contact: bool
    text: bool
    private: bool
    sealed: bool | None

    @property
    def rows(self) -> str | None:
        """Which of the rows that need a scope the caller sees, by the names of these fields; None: all there are."""
        if self.private and self.sealed is None:
            return None
        return " ".join(name for name in ROWS if getattr(self, name))

    @classmethod
    def of(cls, scopes: Collection[str], *, has_sealed: bool) -> "Sight":
        """Return what a token with these scopes sees. has_sealed: whether the workspace has sealed sources.

        What sealed sources tell may be private, so that nobody sees it who does not see what is.
        """
        seen = {name: scope in scopes for name, scope in FIELDS.items()}
        sealed = seen["sealed"] and seen["private"] if has_sealed else None
        return cls(seen["contact"], seen["text"], seen["private"], sealed)


FIELDS = {
    "contact": "people:contact:read",
    "text": "interactions:text:read",
    "private": "sources:private:read",
    "sealed": "sources:sealed:read",
}
"""The scope of each field of ``Sight``."""

ROWS = ("private", "sealed")
"""The fields without which whole rows are absent: the store leaves them out of every statement."""

FOR_AGENTS = (
    "people:read", "identities:read", "organizations:read", "channels:read", "conversations:read", "interactions:read",
    "interactions:text:read", "relationships:read", "communities:read", "asks:read", "dialogue:read", "topics:read",
    "notes:read", "groups:read", "watches:read",
)  # fmt: skip
"""What agents are told that they may ask for: what their tools read, and what was written."""

OF_INSTANCE = frozenset({"sources:anywhere:read", "workspaces:read", "workspaces:write"})
"""What reaches beyond a workspace: for tokens of who runs the installation."""

IDENTITY: dict[str, str] = {
    "openid": "Know that it is you who signs in.",
    "profile": "Know your name.",
    "email": "Know the e-mail address that you sign in with.",
    "offline_access": "Go on while you are away, until you disconnect it.",
}
"""The scopes of OpenID Connect: what an app learns of the member who signs in. No route asks for them."""

KNOWN = frozenset({*SCOPES, *IDENTITY})


def ordered(scopes: Iterable[str]) -> list[str]:
    """Return the known ones of these scopes, each once, as the tables have them."""
    asked = set(scopes)
    return [name for name in (*IDENTITY, *TABLE) if name in asked]


def sentences(scopes: Collection[str]) -> list[str]:
    """Return what an app with these scopes may do, a sentence a scope."""
    return [IDENTITY.get(name) or SCOPES[name] for name in ordered(scopes)]


def lasting(scopes: Collection[str]) -> set[str]:
    """Return the scopes with what every app may that a member lets in: it goes on until it is disconnected."""
    return {*scopes, "offline_access"}


def unseen(scopes: Collection[str]) -> list[str]:
    """Return what an app with these scopes does not see."""
    return [scope.unseen for name, scope in TABLE.items() if scope.unseen and name not in scopes]


def grantable(*, registered: bool) -> frozenset[str]:
    """Return what an app may ask for at all. registered: it registered itself, and nobody vouches for it."""
    return frozenset(name for name, scope in TABLE.items() if scope.open or not registered) | IDENTITY.keys()
