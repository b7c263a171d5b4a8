"""Settings: the one place that reads ``KITH_*`` variables."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

PREFIX = "KITH_"
OTHERS = frozenset({"KITH_TOKEN"})
"""What clients read, and kith itself does not."""


class SettingsError(ValueError):
    """A setting has a value that it cannot have; the message names the variable and what it accepts."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this installation runs. Each field is the variable ``KITH_`` + its name in capitals."""

    home: Annotated[
        Path, Meta(description="Folder of everything that kith keeps on this machine: embedded servers, token, logs.")
    ] = Path(".kith")
    host: Annotated[str, Meta(description="Address that the API listens on.", min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port that the API listens on.", ge=1, le=65535)] = 8000
    metrics_port: Annotated[
        Annotated[int, Meta(ge=1, le=65533)] | None,
        Meta(
            description="Port at which Prometheus reads the metrics of `kith api`, of a worker or of `kith live`; with "
            "`kith up` the worker has the next port, and what listens to networks the one after. Unset: nothing is "
            "counted."
        ),
    ] = None
    database_url: Annotated[
        Annotated[str, Meta(pattern="^postgres(ql)?://")] | None,
        Meta(description="PostgreSQL 16 or newer. Unset: the embedded PostgreSQL 18 under the home folder."),
    ] = None
    redis_url: Annotated[
        Annotated[str, Meta(pattern="^(rediss?|unix)://")] | None,
        Meta(description="Valkey or Redis, which wakes workers. Unset: the embedded Valkey under the home folder."),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least severe entry that is logged.")
    ] = "info"
    pool_size: Annotated[
        int,
        Meta(
            description="Most database connections of one process; the API keeps one of them for /readyz.",
            ge=2,
            le=1000,
        ),
    ] = 10
    statement_seconds: Annotated[
        float,
        Meta(
            description="Longest time in seconds that one statement of the API may take. A request waits twice as long "
            "for a connection.",
            gt=0,
        ),
    ] = 5.0
    public_url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^/?#\s@]+$")] | None,
        Meta(
            description="Address at which browsers and apps reach kith, without a path; it is the issuer of OAuth. "
            "Unset: `http://localhost` and the port."
        ),
    ] = None
    trusted_proxies: Annotated[
        str | None,
        Meta(
            description="Networks of the proxies before kith, with commas between: what they say in `X-Forwarded-For` "
            "of a client's address is believed. Unset: nobody is."
        ),
    ] = None
    dpop_nonce: Annotated[
        Literal["off", "on"],
        Meta(
            description="Whether proofs of possession (DPoP) have to hold a nonce that kith names, new every 5 minutes."
        ),
    ] = "off"
    app_registration: Annotated[
        Literal["off", "open"],
        Meta(description="Whether apps may register themselves at `/oauth/register`."),
    ] = "off"
    app_registration_days: Annotated[
        int,
        Meta(
            description="Days for which an app that registered itself is kept while no workspace approves it. "
            "0: for ever.",
            ge=0,
        ),
    ] = 30
    mail_server: Annotated[
        Annotated[str, Meta(pattern=r"^smtps?://[^/?#\s]+$")] | None,
        Meta(
            description="Server that takes mail: `smtps://name:password@host:465`, or `smtp://` and port 587 for one "
            "that begins in plain text and is asked for TLS; without TLS only on this machine. Unset: no mail is sent."
        ),
    ] = None
    mail_from: Annotated[
        Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$")] | None,
        Meta(description="Address that mail comes from. Unset: `kith` at the host of the public address."),
    ] = None
    oidc_issuer: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^?#\s@]+$")] | None,
        Meta(description="OpenID provider by which members may sign in, as its documents name it."),
    ] = None
    oidc_name: Annotated[str, Meta(description="What members know that provider as.", min_length=1)] = (
        "your organization"
    )
    oidc_client_id: Annotated[str | None, Meta(description="What that provider calls kith.")] = None
    oidc_client_secret: Annotated[str | None, Meta(description="What kith shows to that provider.")] = None
    cors_origins: Annotated[
        str | None, Meta(description="Origins whose pages may call the API, with commas between; `*` for all.")
    ] = None
    rate_token: Annotated[
        int,
        Meta(
            description="Units a minute that one token, or one grant of an app, may use: a read costs 1, a change 5. "
            "0: no limit.",
            ge=0,
        ),
    ] = 6000
    rate_workspace: Annotated[
        int, Meta(description="Units a minute that all tokens of one workspace may use together. 0: no limit.", ge=0)
    ] = 30000
    rate_address: Annotated[
        int, Meta(description="Requests a minute without a valid token from one address. 0: no limit.", ge=0)
    ] = 300
    audit_days: Annotated[
        int, Meta(description="Days for which the audit is kept, the last 30 in any case. 0: for ever.", ge=0)
    ] = 365
    event_days: Annotated[int, Meta(description="Days for which events are kept. 0: for ever.", ge=0)] = 90
    log_megabytes: Annotated[
        int, Meta(description="Size of a log of `kith up` beyond which it starts over with its process.", ge=1)
    ] = 10
    workspace_days: Annotated[
        int, Meta(description="Days between the request to delete a workspace and its deletion.", ge=0)
    ] = 30
    quota_sources: Annotated[int, Meta(description="Most sources of one workspace. 0: any number.", ge=0)] = 0
    quota_people: Annotated[
        int, Meta(description="People of one workspace beyond which nothing more is read. 0: any number.", ge=0)
    ] = 0
    quota_interactions: Annotated[
        int, Meta(description="Interactions of one workspace beyond which nothing more is read. 0: any number.", ge=0)
    ] = 0
    quota_megabytes: Annotated[
        int,
        Meta(description="Storage of one workspace, in MB, beyond which nothing more is read. 0: any.", ge=0),
    ] = 0
    quota_uploads: Annotated[
        int, Meta(description="Most uploads of one workspace that wait at once. 0: any number.", ge=0)
    ] = 20
    upload_megabytes: Annotated[int, Meta(description="Size of the largest upload, in MB.", ge=1)] = 5000
    upload_hours: Annotated[
        int, Meta(description="Hours for which an upload is kept after its last bytes came.", ge=1)
    ] = 24
    export_hours: Annotated[int, Meta(description="Hours for which an export is kept.", ge=1)] = 72
    source_roots: Annotated[
        str | None,
        Meta(
            description="Folders below which sources may read files, with colons between. "
            "Unset: `import` in the home folder."
        ),
    ] = None
    private_addresses: Annotated[
        bool,
        Meta(description="Whether sources and webhooks may be in private networks and at this machine's own ports."),
    ] = False
    secret_keys: Annotated[
        str | None,
        Meta(
            description="Keys that seal the credentials of sources, with commas between: a name, a colon, 32 bytes in "
            "Base64 each. The first seals, all open. Unset: `secret.keys` in the home folder, made at first need."
        ),
    ] = None
    erasure_journal: Annotated[
        Path | None,
        Meta(
            description="File of who was erased, as keyed hashes; keep it beside the backups, for a restored database "
            "is brought up to date from it. All processes of an installation need the same. Unset: `erasures.journal` "
            "in the home folder."
        ),
    ] = None
    lease_seconds: Annotated[
        float, Meta(description="How long a worker may be silent before another takes its job over.", ge=1)
    ] = 30.0
    worker_name: Annotated[
        str | None,
        Meta(
            description="What the one worker process is called that a supervisor starts again when it dies: it takes "
            "over at once what its predecessor of that name held. Unset: after the lease."
        ),
    ] = None
    worker_jobs: Annotated[
        int, Meta(description="Jobs that one worker process runs at the same time.", ge=1, le=100)
    ] = 4
    detection_memory: Annotated[
        int,
        Meta(
            description="Most memory, in MB, of the process that finds communities; a job that needs more fails with "
            "`out_of_memory`.",
            ge=256,
        ),
    ] = 4096

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach kith by TLS."""
        return self.issuer.startswith("https://")

    @property
    def source_folders(self) -> tuple[Path, ...]:
        """The folders of ``source_roots``."""
        named = [Path(root) for root in (self.source_roots or "").split(os.pathsep) if root]
        return tuple(named) or (self.home.absolute() / "import",)

    @property
    def journal(self) -> Path:
        """The file of ``erasure_journal``, whether set or not."""
        return self.erasure_journal or self.home.absolute() / "erasures.journal"

    @property
    def issuer(self) -> str:
        """The public address, whether set or not."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of ``trusted_proxies``. Raises SettingsError."""
        try:
            return tuple(ip_network(text.strip()) for text in (self.trusted_proxies or "").split(",") if text.strip())
        except ValueError as error:
            raise SettingsError(f"{variable('trusted_proxies')}: {error} (see docs/settings.md).") from error


def load_settings(env: Mapping[str, str]) -> Settings:
    """Return the settings in ``env``, an empty value counting as unset. Raises SettingsError."""
    given: dict[str, str] = {}
    for name in Settings.__struct_fields__:
        if value := env.get(variable(name), "").strip():
            given[name] = value
    try:
        return msgspec.convert(given, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise SettingsError(f"{variable(where.rstrip('`'))}: {what} (see docs/settings.md).") from error


def unknown_variables(env: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables that are named like settings and are none, each with the setting that it may mean."""
    known = {name.upper() for name in Settings.__struct_fields__}
    named = {name.removeprefix(PREFIX) for name in env.keys() - OTHERS if name.startswith(PREFIX)}
    unknown = {name: get_close_matches(name, known, n=1) for name in sorted(named - known)}
    return {PREFIX + name: variable(alike[0]) if alike else None for name, alike in unknown.items()}


def variable(name: str) -> str:
    """Return the variable that sets the field ``name``."""
    return PREFIX + name.upper()


def _path(type_: type[Any], value: Any) -> Any:
    return type_(value)
