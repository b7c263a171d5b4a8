"""What the records of the import format and their fields mean, as the OpenAPI document says it."""

_WORD = "A word, such as"
_WHERE = "Empty where the key is unique by itself."

#: By the public name of the schema; `""` is the record itself. What is not here keeps the words of the SDK.
MEANINGS: dict[str, dict[str, str]] = {
    "NaturalKey": {
        "": "The natural key of an identity, a channel or a conversation: the name that its network gives it.",
        "network": "Network, such as `github`; `mail` for e-mail addresses.",
        "key": "The network's own id; for `mail` the address.",
        "host": f"Server or community that issued the key, such as `github.com`. {_WHERE}",
    },
    "InteractionKey": {
        "": "The natural key of an interaction. Posts, messages and replies with one key are the same act.",
        "network": "Network, such as `crm`.",
        "key": "The network's own id.",
        "kind": "What the act is.",
        "host": f"Server or community that issued the key. {_WHERE}",
        "actor": "Only where one object of the network holds the acts of many, such as the reactions to a post.",
    },
    "IdentityRecord": {
        "": "One account, address or handle on a network. The newest observation by `seen_at` replaces older ones.",
        "kind": "What stands behind it.",
        "name": "Name that it shows.",
        "handle": "Handle, without `@`.",
        "address": "E-mail address.",
        "url": "Its page.",
        "avatar_url": "Its picture.",
        "verified": "Whether the network vouches that one human owns it.",
        "seen_at": "When this was so. Leave it out if you know the key alone: then nothing known is overwritten.",
    },
    "AffiliationRecord": {
        "": "An affiliation of an identity with an organization, as its network tells it.",
        "organization": "Name of the organization.",
        "domain": "A domain that the organization owns.",
        "title": "Title or position.",
        "since": "First day; null: unknown.",
        "until": "Last day; null: it still holds, or is unknown.",
        "evidence": "Where it is from: the identity itself, a dated record, or a data broker.",
        "seen_at": "When the network said so; without `until`, it counts until the last such time.",
    },
    "StandingRecord": {
        "": "How a network or a channel rates an identity. It is shown, and changes no number of kith.",
        "kind": f"{_WORD} `reputation`, `points`, `level` or `badge`.",
        "value": "The number, in the network's own unit; of a badge, how often it was given.",
        "seen_at": "When it was seen; the latest holds.",
        "label": "Which one, such as the name of a badge.",
        "channel": "Where it holds; null: on the whole network.",
    },
    "ClaimRecord": {
        "": "A statement of the network that two identities are one human. It is evidence, which kith weighs.",
        "kind": f"{_WORD} `profile_link`, `rel_me` or `mailmap`.",
        "evidence": "A sentence that says what the claim rests on.",
        "edition": "Edition of the document that says so, where it may take claims back; else empty.",
    },
    "EditionRecord": {
        "": "Says that all claims of a kind in an edition are told: claims from other editions no longer hold.",
        "kind": "Kind of the claims.",
        "edition": "Edition of the claims.",
    },
    "ChannelRecord": {
        "": "A place where people meet.",
        "kind": f"{_WORD} `repository`, `list`, `room`, `category`, `hashtag` or `event`.",
        "name": "Name that it shows.",
        "url": "Its page.",
        "parent": "The channel that it is part of.",
        "visibility": "Who can see it on its network.",
        "seen_at": "When this was so.",
    },
    "ConversationRecord": {
        "channel": "The channel that it is in.",
        "title": "Its title.",
        "url": "Its page.",
    },
    "TargetRecord": {"": "An identity that an interaction addresses, and how.", "kind": "How it is addressed."},
    "InteractionRecord": {
        "": "One dated act by an identity, towards zero or more identities. The same key with other content is an "
        "edit: it replaces what is stored, unless that has a later `edited_at`.",
        "occurred_at": "When it happened.",
        "targets": "The identities that it addresses; empty: a broadcast.",
        "channel": "Where it happened.",
        "conversation": "The conversation that it belongs to.",
        "reply_to": "The interaction that it answers, which may be told later.",
        "native_kind": "The network's own word for the act.",
        "title": "Subject, in plain text.",
        "text": "Plain text, without quotations of others.",
        "url": "Its page.",
        "visibility": "Who can see it on its network.",
        "edited_at": "When it got this content.",
        "arrived_at": "When the network had it at the latest. If `occurred_at` is later, this counts instead.",
        "copied": "Whether it is told by a copy of the object that the key names; the object itself replaces it.",
    },
    "TombstoneRecord": {
        "": "Says that an interaction is no longer there.",
        "cause": "`deleted`, `redacted` and `policy` remove it for good. `withdrawn`, `rewritten` and `gone` remove "
        "it from this source alone: it stays while another source has it, and comes back when told again.",
        "occurred_at": "When it was removed.",
    },
    "EndingRecord": {
        "": "Says that what an act began no longer holds, such as a follow, a reaction or a membership. The act stays.",
        "occurred_at": "When it ended. If the network does not say, give the time of reading.",
    },
    "SweepRecord": {
        "": "A complete look at acts of some kinds, for networks that report no deletions. What this source told "
        "before, and not between `begun` and `complete`, is gone or has ended. Without `complete`, nothing is removed.",
        "phase": "Start or end of the sweep; both records are alike but for this.",
        "kinds": "Kinds of acts that are told in full.",
        "channel": "Only acts in this channel; null: all.",
        "since": "Only acts at or after this time; null: all.",
    },
    "CoverageRecord": {
        "": "A period that was read in full, could not be read, or was cut short.",
        "status": "What became of the period.",
        "since": "Start, included.",
        "until": "End, not included.",
        "reason": "Why, where it was not read in full.",
    },
}
