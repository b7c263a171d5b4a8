"""What pages amount to."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from kith.connectors import (
    Affiliation,
    Channel,
    Claim,
    Conversation,
    Coverage,
    Edition,
    Ending,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Record,
    Ref,
    Skip,
    Standing,
    Sweep,
    Tombstone,
)

_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)


class Facts:
    """What pages amount to: kith's own rules, in little. Two reads tell the same if their facts are equal."""

    def __init__(self, pages: Iterable[Page] = ()) -> None:
        self.identities: dict[Ref, Identity] = {}
        self.channels: dict[Ref, Channel] = {}
        self.conversations: dict[Ref, Conversation] = {}
        self.interactions: dict[InteractionRef, Interaction] = {}
        self.gone: set[InteractionRef] = set()
        self.claims: dict[Claim, str] = {}
        self.affiliations: set[Affiliation] = set()
        self.standings: dict[Standing, Standing] = {}
        self.sweeps: dict[Sweep, set[InteractionRef]] = {}
        self.endings: set[Ending] = set()
        self.coverage: set[Coverage] = set()
        self.skipped: set[Skip] = set()
        for page in pages:
            self.skipped.update(page.skipped)
            for record in page.records:
                self.add(record)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Facts) and vars(self) == vars(other)

    def add(self, record: Record) -> None:
        if isinstance(record, Identity):
            self._see(record)
        elif isinstance(record, Channel):
            self.channels[record.ref] = record
        elif isinstance(record, Conversation):
            known = self.conversations.get(record.ref, record)
            self.conversations[record.ref] = Conversation(
                record.ref, record.channel or known.channel, record.title or known.title, record.url or known.url
            )
        elif isinstance(record, Interaction):
            known_act = self.interactions.get(record.ref)
            for sweep, seen in self.sweeps.items():
                if _covers(sweep, record):
                    seen.add(record.ref)
            if record.ref not in self.gone and not (record.copied and known_act and not known_act.copied):
                self.interactions[record.ref] = record
        elif isinstance(record, Tombstone):
            if record.cause in ("deleted", "redacted", "policy"):
                self.gone.add(record.ref)
            self.interactions.pop(record.ref, None)
        elif isinstance(record, Claim):
            self.claims[msgspec.structs.replace(record, edition="")] = record.edition
        elif isinstance(record, Edition):
            kind, current = record.kind, record.edition
            self.claims = {claim: of for claim, of in self.claims.items() if claim.kind != kind or of == current}
        elif isinstance(record, Sweep):
            self._sweep(record)
        elif isinstance(record, Ending):
            self.endings.add(record)
        elif isinstance(record, Affiliation):
            self.affiliations.add(record)
        elif isinstance(record, Standing):
            key = msgspec.structs.replace(record, value=0, seen_at=_EARLIEST)
            self.standings[key] = max(self.standings.get(key, record), record, key=lambda one: (one.seen_at, one.value))
        else:
            self.coverage.add(record)

    def difference(self, other: "Facts") -> str:
        """Return one sentence on what differs first."""
        for name, mine in vars(self).items():
            theirs = vars(other)[name]
            if mine == theirs:
                continue
            if isinstance(mine, set):
                odd: object = next(iter(mine ^ theirs))
            else:
                odd = next(key for key in {**mine, **theirs} if mine.get(key) != theirs.get(key))
            return f"{name} differ, for one in {odd}"
        return "nothing differs"

    def _sweep(self, record: Sweep) -> None:
        begun = msgspec.structs.replace(record, phase="begun")
        seen = self.sweeps.pop(begun, None)
        if record.phase == "begun":
            self.sweeps[begun] = set()
        elif seen is not None:
            lost = [ref for ref, act in self.interactions.items() if _covers(begun, act) and ref not in seen]
            for ref in lost:
                del self.interactions[ref]

    def _see(self, record: Identity) -> None:
        """Keep the newest observation, whole; among equal ones the greater, so that order never matters."""
        known = self.identities.get(record.ref)
        if known is None or _rank(record) > _rank(known):
            self.identities[record.ref] = record


def _covers(sweep: Sweep, act: Interaction) -> bool:
    """Whether a sweep looks at an act."""
    return (
        act.ref.kind in sweep.kinds
        and (sweep.channel is None or act.channel == sweep.channel)
        and (sweep.since is None or act.occurred_at >= sweep.since)
    )


def _rank(record: Identity) -> tuple[float, bytes]:
    return record.seen_at.timestamp() if record.seen_at else float("-inf"), msgspec.json.encode(record)
