"""The settings of a table."""

from typing import Annotated, Literal

import msgspec

from kith.connectors import LocalPath
from kith.connectors.mapping import Template, check_zone


class CsvConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table, and what its rows mean."""

    path: Annotated[
        LocalPath,
        msgspec.Meta(
            title="File",
            description="A table as text (.csv, .tsv) on kith's machine; plain, gzip or Zstandard.",
            examples=["/data/calls.csv"],
        ),
    ]
    records: Annotated[
        tuple[Template, ...],
        msgspec.Meta(
            title="Records",
            description="What each row is: records of the import format, with {Column} in place of what the row says.",
            min_length=1,
            max_length=20,
            examples=[
                [
                    {
                        "record": {
                            "type": "interaction",
                            "ref": {"network": "crm", "key": "{Id}", "kind": "call"},
                            "actor": {"network": "mail", "key": "{Caller}"},
                            "occurred_at": "{Date|date:%d.%m.%Y %H:%M}",
                            "targets": [{"identity": {"network": "mail", "key": "{Called}"}}],
                        }
                    }
                ]
            ],
        ),
    ]
    timezone: Annotated[
        str | None,
        msgspec.Meta(title="Time zone", description="Of dates that name none.", examples=["Europe/Berlin"]),
    ] = None
    separator: Annotated[
        Literal[",", ";", "\t", "|"] | None, msgspec.Meta(title="Separator", description="Of cells; else it is found.")
    ] = None
    encoding: Annotated[
        Literal["utf-8", "utf-16", "cp1252", "iso-8859-1", "iso-8859-2", "iso-8859-15", "cp1250", "cp1251"] | None,
        msgspec.Meta(title="Encoding", description="Else UTF-8, UTF-16 or Windows-1252, as the file looks."),
    ] = None

    def __post_init__(self) -> None:
        check_zone(self.timezone)
