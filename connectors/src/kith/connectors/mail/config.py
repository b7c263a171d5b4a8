"""The settings of one mail archive."""

from typing import Annotated

import msgspec

from kith.connectors import LocalPath, Visibility


class MailConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One archive."""

    path: Annotated[
        LocalPath,
        msgspec.Meta(
            title="Mailbox",
            description="On kith's machine: an mbox file (plain, gzip or Zstandard), a Maildir, an MH folder, a folder "
            "of mboxes, Maildirs or .eml files, one .eml file, or a public-inbox archive.",
            examples=["/data/dev.mbox", "/data/inbox/git/0.git"],
        ),
    ]
    list: Annotated[
        Annotated[str, msgspec.Meta(pattern="^[^@\\s]+@[^@\\s]+$", max_length=300)] | None,
        msgspec.Meta(
            title="Mailing list",
            description="The address of the list that this is the archive of. Left out, each mail says by its headers "
            "to which list it went; one that names none is private mail.",
            examples=["git@vger.kernel.org"],
        ),
    ] = None
    visibility: Annotated[
        Visibility,
        msgspec.Meta(title="Visibility", description="Who may see the mails to lists; private mail is always direct."),
    ] = "private"
