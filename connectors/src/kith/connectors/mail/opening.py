"""Which kind of archive lies at a path."""

from pathlib import Path

import msgspec

from kith.connectors import Fatal, Limits
from kith.connectors.mail.folders import Folder, FolderCursor, head_of, is_maildir
from kith.connectors.mail.mailboxes import Mailbox
from kith.connectors.mail.mbox import Mbox, MboxCursor, is_mbox
from kith.connectors.mail.public_inbox import InboxCursor, PublicInbox, epochs

Cursors = MboxCursor | FolderCursor | InboxCursor

#: What archives of mail also come in, by their first bytes.
_OTHERS = {
    b"PK\x03\x04": "a zip file: unpack it",
    b"\xfd7zXZ": "an xz file: unpack it, or pack it with gzip or Zstandard",
    b"BZh": "a bzip2 file: unpack it, or pack it with gzip or Zstandard",
    b"7z\xbc\xaf": "a 7-Zip file: unpack it",
    b"!BDN": "an Outlook data file (.pst): export it as mbox or .eml",
    b"\xd0\xcf\x11\xe0": "an Outlook message (.msg): save it as .eml",
    b"\xff\xfe": "a file in UTF-16: mail is bytes; export it again as mbox or .eml",
    b"\xfe\xff": "a file in UTF-16: mail is bytes; export it again as mbox or .eml",
    b"\x01\x01\x01\x01": "an MMDF mailbox: convert it to mbox",
    b"BABYL": "an Rmail file: convert it to mbox",
}


def open_mailbox(path: str, cursor: msgspec.Struct | None, limits: Limits) -> Mailbox:
    """Open what lies at ``path``, to be read on from the cursor if that is one of this kind of archive."""
    folder = Path(path)
    if folder.is_file():
        head = head_of(path, limits)
        for magic, name in _OTHERS.items():
            if head.startswith(magic):
                raise Fatal(f"{path} is {name}.")
        if is_mbox(head):
            return Mbox(path, cursor if isinstance(cursor, MboxCursor) else None, limits)
    elif not folder.is_dir():
        raise Fatal(f"{path} is neither a file nor a folder on kith's machine.")
    elif not is_maildir(folder) and epochs(folder):
        return PublicInbox(path, cursor if isinstance(cursor, InboxCursor) else None, limits)
    return Folder(path, cursor if isinstance(cursor, FolderCursor) else None, limits)
