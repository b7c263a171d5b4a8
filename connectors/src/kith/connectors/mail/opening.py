"""Which kind of archive lies at a path."""

from pathlib import Path

import msgspec

from kith.connectors import Fatal, Limits
from kith.connectors._files import foreign
from kith.connectors.mail.folders import Folder, FolderCursor, head_of, is_maildir
from kith.connectors.mail.mailboxes import Mailbox
from kith.connectors.mail.mbox import Mbox, MboxCursor, is_mbox
from kith.connectors.mail.public_inbox import InboxCursor, PublicInbox, epochs

Cursors = MboxCursor | FolderCursor | InboxCursor

#: Archives of mail that are not read, by their first bytes.
_OTHERS = {
    b"!BDN": "an Outlook data file (.pst); export it as mbox or .eml",
    b"\xd0\xcf\x11\xe0": "an Outlook message (.msg); save it as .eml",
    b"\x01\x01\x01\x01": "an MMDF mailbox; convert it to mbox",
    b"BABYL": "an Rmail file; convert it to mbox",
}


def open_mailbox(path: str, cursor: msgspec.Struct | None, limits: Limits) -> Mailbox:
    """Open what lies at ``path``, to be read on from the cursor if that is one of this kind of archive."""
    folder = Path(path)
    if folder.is_file():
        head = head_of(path, limits)
        named = next((name for magic, name in _OTHERS.items() if head.startswith(magic)), foreign(head))
        if named:
            raise Fatal(f"{path} is {named}.")
        if is_mbox(head):
            return Mbox(path, cursor if isinstance(cursor, MboxCursor) else None, limits)
    elif not folder.is_dir():
        raise Fatal(f"{path} is neither a file nor a folder on kith's machine.")
    elif not is_maildir(folder) and epochs(folder):
        return PublicInbox(path, cursor if isinstance(cursor, InboxCursor) else None, limits)
    return Folder(path, cursor if isinstance(cursor, FolderCursor) else None, limits)
