from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.connectors.schemas import Name as ConnectorName
from kith.api.http.ids import AppId, RunId, SourceId, encode, encode_optional
from kith.api.http.kinds import TEXT, Instant, JobStatus, Visibility
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.jobs.schemas import JobError, problem
from kith.connectors import without_secrets
from kith.domain.schedules import Schedule
from kith.domain.scopes import Sight
from kith.store import partitions, pushes, runs
from kith.store import sources as store

BODY_SHOWN = 4000  # characters

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=TEXT,
        description="Unique in the workspace.",
        examples=["our-repository"],
    ),
]
Config = Annotated[
    dict[str, Any],
    Meta(
        description="Settings, as the connector's config_schema asks. Secret ones are taken and never given out.",
        examples=[{"repository": "/srv/git/our-repository"}],
    ),
]


class SourcesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class LastRun(msgspec.Struct, frozen=True):
    """How a source was last read."""

    id: RunId
    status: JobStatus
    error: Annotated[JobError | None, Meta(description="Why it failed, or why it waits.")]
    started_at: Annotated[Instant, Meta(description="When it began.")]
    finished_at: Annotated[Instant | None, Meta(description="When it ended.")]
    next_attempt_at: Annotated[Instant | None, Meta(description="When a run that waits is tried again.")]

    @classmethod
    def of(cls, run: runs.Run) -> "LastRun":
        waits = run.due_at if run.status == "queued" and run.error else None
        return shape(cls, run, id=encode("run", run.id), error=problem(run.error), next_attempt_at=waits)


class Source(msgspec.Struct, frozen=True):
    """One configured use of a connector."""

    id: SourceId
    connector: ConnectorName
    name: Name
    config: Config
    status: Annotated[
        Literal["active", "paused", "reauthorize", "faulty", "deleting"],
        Meta(
            description="`reauthorize`: its credentials no longer hold; `repair` is the call that renews them. "
            "`faulty`: its connector broke five times in a row; a check that succeeds makes it active."
        ),
    ]
    schedule: Annotated[Schedule | None, Meta(description="How often it is read by itself; null: never.")]
    sealed: Annotated[
        bool, Meta(description="Whether only tokens with the scope sources:sealed:read see it and what it tells.")
    ]
    credentials: Annotated[
        list[str], Meta(description="Names of the secret settings that are set; their values are never shown.")
    ]
    hook: Annotated[
        str,
        Meta(
            description="Where its network may push to, if the connector takes pushes.",
            examples=["/v1/hooks/wsp_06ae9jv9tg8009z1ajt0ds00tg/src_06ae9jv9tg8009z1ajt0ds00tg"],
        ),
    ]
    repair: Annotated[
        str | None,
        Meta(
            description="Where the status is `reauthorize`: the call that renews its credentials.",
            examples=["POST /v1/sources/src_06ae9jv9tg8009z1ajt0ds00tg/authorizations"],
        ),
    ]
    app_id: Annotated[
        AppId | None,
        Meta(description="The app that writes it, where its connector is `app`; null: what members write themselves."),
    ]
    last_run: Annotated[LastRun | None, Meta(description="How it was last read; null: never.")]
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]

    @classmethod
    def of(cls, source: store.Source, last: runs.Run | None) -> "Source":
        return shape(
            cls,
            source,
            id=encode("source", source.id),
            config=_shown(source.config),
            hook=f"/v1/hooks/{encode('workspace', source.workspace_id)}/{encode('source', source.id)}",
            repair=_repair(source),
            app_id=encode_optional("app", source.app_id),
            schedule=msgspec.convert(source.schedule, Schedule | None),
            last_run=LastRun.of(last) if last else None,
        )


def _repair(source: store.Source) -> str | None:
    """Return the call that renews what a source signs in with, where that holds no longer."""
    if source.status != "reauthorize":
        return None
    path = f"/v1/sources/{encode('source', source.id)}"
    return f"POST {path}/authorizations" if source.authorized else f"PATCH {path}"


def _shown(value: Any) -> Any:
    """Return settings with stars where an older version let an address carry a secret."""
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, dict):
        return {name: _shown(item) for name, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value


class RemovalParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    facts: Annotated[
        Literal["keep", "withdraw"],
        Meta(description="What becomes of what it told: `keep` it, or `withdraw` all that no other source told."),
    ] = "keep"


class SourceRemoval(msgspec.Struct, frozen=True):
    """What goes with a source that is removed with `facts=withdraw`."""

    interactions: Annotated[int, Meta(description="Interactions that it alone told: they go.", ge=0)]
    shared: Annotated[int, Meta(description="Interactions that another source told too: they stay.", ge=0)]
    claims: Annotated[int, Meta(description="Claims on identities that it alone made: they go.", ge=0)]
    channels: Annotated[int, Meta(description="Channels of which it alone tells: nothing stays in them.", ge=0)]
    identities: Annotated[
        int, Meta(description="Identities of which it alone tells and no member said anything: they go.", ge=0)
    ]


class SourceCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source to create."""

    connector: ConnectorName
    name: Name
    config: Config
    schedule: Annotated[
        Schedule | None, Meta(description="How often it is read by itself, the first time at once; null: never.")
    ] = None
    sealed: Annotated[
        bool,
        Meta(
            description="Whether only tokens with the scope sources:sealed:read, which the caller needs, see it and "
            "what it tells. Nothing that others see is computed from that."
        ),
    ] = False


class SourceCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings to check."""

    connector: ConnectorName
    config: Config


class SourceReport(msgspec.Struct, frozen=True):
    """What a connector found when it looked."""

    reachable: Annotated[bool, Meta(description="Whether it could look; false: it is unavailable now.")]
    detail: Annotated[str, Meta(description="What it found, in one sentence.")]
    warnings: Annotated[list[str], Meta(description="What will be missing or needs attention.")]
    preview: Annotated[
        list[dict[str, Any]],
        Meta(description="The first records as they would be read, where the settings decide that: see import-format."),
    ]


class SourcePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; omitted fields keep their values."""

    name: Name | UnsetType = UNSET
    config: Config | UnsetType = UNSET
    status: Annotated[Literal["active", "paused"], Meta(description="Pause or resume it.")] | UnsetType = UNSET
    schedule: Annotated[Schedule | None, Meta(description="null: no longer.")] | UnsetType = UNSET
    sealed: (
        Annotated[
            bool,
            Meta(
                description="Seal or unseal it, which takes the scope sources:sealed:read: a job takes back what it "
                "told and reads it again from the beginning."
            ),
        ]
        | UnsetType
    ) = UNSET


class SourcePeriod(msgspec.Struct, frozen=True):
    """Coverage of a period by a source."""

    status: Annotated[Literal["read", "gap", "truncated"], Meta(description="Fully read, not readable, or cut short.")]
    since: Annotated[Instant | None, Meta(description="Its start; null: without bound.")]
    before: Annotated[Instant | None, Meta(description="Its end, not included; null: without bound.")]
    reason: Annotated[str, Meta(description="Why it was not read; empty where it was.")]
    learnt_at: Annotated[Instant, Meta(description="When kith learned this.")]


class SourcePeriods(msgspec.Struct, frozen=True):
    """Coverage of a source."""

    data: Annotated[list[SourcePeriod], Meta(description="Oldest first.")]


Key = Annotated[str, Meta(min_length=1, max_length=1000, pattern=TEXT)]


class PartitionsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Partition(msgspec.Struct, frozen=True):
    """A channel, repository or list of a source, which is read by itself."""

    key: Annotated[str, Meta(description="The connector's key for it.")]
    name: Annotated[str, Meta(description="Its name.", examples=["general"])]
    kind: Annotated[str, Meta(description="What it is.", examples=["channel"])]
    visibility: Visibility
    size: Annotated[int | None, Meta(description="About how many items it has; null: unknown.")]
    seconds: Annotated[float | None, Meta(description="About how long reading it takes; null: unknown.")]
    included: Annotated[bool, Meta(description="Whether it is read.")]
    chosen: Annotated[
        bool | None,
        Meta(description="What a human said of that; null: it is read unless it is private or direct."),
    ]
    history_done: Annotated[bool, Meta(description="Whether it was read back to its beginning, where that goes apart.")]
    problem: Annotated[str | None, Meta(description="Why it could not be read the last time.")]
    found_at: Annotated[Instant, Meta(description="When it was found.")]
    read_at: Annotated[Instant | None, Meta(description="When something of it was stored last.")]
    ended_at: Annotated[Instant | None, Meta(description="When the network named it no more; what it told stays.")]

    @classmethod
    def of(cls, row: partitions.Partition) -> "Partition":
        return shape(cls, row)


class PartitionChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which partitions are read. A key may be in one of the lists."""

    include: Annotated[tuple[Key, ...], Meta(max_length=1000, description="Keys of those to be read.")] = ()
    exclude: Annotated[tuple[Key, ...], Meta(max_length=1000, description="Keys of those not to be read.")] = ()
    reset: Annotated[
        tuple[Key, ...], Meta(max_length=1000, description="Keys of those to be read unless private or direct.")
    ] = ()


class Partitions(msgspec.Struct, frozen=True):
    """Partitions of a source."""

    data: Annotated[list[Partition], Meta(description="By key.")]


class FailedPush(msgspec.Struct, frozen=True):
    """What a network pushed and could not be worked in."""

    headers: Annotated[dict[str, str], Meta(description="Those that the connector asked for.")]
    body: Annotated[
        str,
        Meta(
            description="What was pushed, cut after 4,000 characters; empty without the scopes interactions:text:read "
            "and sources:private:read."
        ),
    ]
    problem: Annotated[str, Meta(description="Why it could not be worked in.")]
    received_at: Annotated[Instant, Meta(description="When it came.")]

    @classmethod
    def of(cls, row: pushes.Failed, sight: Sight) -> "FailedPush":
        body = row.body[: 4 * BODY_SHOWN].decode(errors="replace").replace("\0", "")[:BODY_SHOWN]
        return shape(cls, row, body=body if sight.text and sight.private else "")
