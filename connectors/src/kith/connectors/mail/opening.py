"""Which kind of archive lies at a path."""

from pathlib import Path

import msgspec

from kith.connectors import Fatal, Limits
from kith.connectors.mail.folders import Folder, FolderCursor, archive, head_of, is_maildir
from kith.connectors.mail.mailboxes import Mailbox
from kith.connectors.mail.mbox import Mbox, MboxCursor, is_mbox
from kith.connectors.mail.public_inbox import InboxCursor, PublicInbox, epochs

Cursors = MboxCursor | FolderCursor | InboxCursor


def open_mailbox(path: str, cursor: msgspec.Struct | None, limits: Limits) -> Mailbox:
    """Open what lies at ``path``, to be read on from the cursor if that is one of this kind of archive."""
    folder = Path(path)
    if folder.is_file():
        head = head_of(path, limits)
        if named := archive(head):
            raise Fatal(f"{path} is {named}.")
        if is_mbox(head):
            return Mbox(path, cursor if isinstance(cursor, MboxCursor) else None, limits)
    elif not folder.is_dir():
        raise Fatal(f"{path} is neither a file nor a folder on kith's machine.")
    elif not is_maildir(folder) and epochs(folder):
        return PublicInbox(path, cursor if isinstance(cursor, InboxCursor) else None, limits)
    return Folder(path, cursor if isinstance(cursor, FolderCursor) else None, limits)
