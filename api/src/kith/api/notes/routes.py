from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.decisions.show import author
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.revisions import check_unchanged, tag
from kith.api.notes.schemas import Note, NoteCreate, NotePatch, NotesParams
from kith.api.subjects import meant, wanted
from kith.store import notes as store
from kith.store.db import Db
from kith.store.tokens import Token


@get("/v1/notes", operation_id="listNotes", tags=["notes"], scopes=["notes:read"])
async def list_notes(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[NotesParams],
) -> Response[Page[Note]]:
    """List notes.

    The newest first. A note stays with its identities through every merge, and after its undoing.
    """
    key = after(request, params, tuple[UUID])
    subjects = await wanted(db, workspace_id, params)
    rows = await store.list_notes(db, workspace_id, subjects, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Note.of, lambda row: (row.id,))


@post("/v1/notes", operation_id="createNote", tags=["notes"], scopes=["notes:write"])
async def create_note(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    payload: NamedDependency[NoteCreate],
    once: NamedDependency[Once],
) -> Response[Note]:
    """Write a note on a person, a relationship or an organization."""
    subject, _ = await meant(db, workspace_id, payload)
    made = await store.create_note(db, workspace_id, subject, payload.text, author(token))
    found = await _find(db, workspace_id, encode("note", made))
    return await once.answer(Note.of(found), 201, {"Location": f"/v1/notes/{encode('note', made)}", "ETag": tag(found)})


@get("/v1/notes/{note_id:str}", operation_id="getNote", tags=["notes"], scopes=["notes:read"], errors=["not_found"])
async def get_note(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], note_id: FromPath[str]
) -> Response[Note]:
    """Show one note."""
    found = await _find(db, workspace_id, note_id)
    return Response(Note.of(found), headers={"ETag": tag(found)})


@patch(
    "/v1/notes/{note_id:str}",
    operation_id="updateNote",
    tags=["notes"],
    scopes=["notes:write"],
    errors=["not_found", "precondition_failed"],
)
async def update_note(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    note_id: FromPath[str],
    payload: NamedDependency[NotePatch],
) -> Response[Note]:
    """Change a note."""
    found = await _find(db, workspace_id, note_id, lock=True)
    check_unchanged(request, found)
    await store.update_note(db, workspace_id, found.id, payload.text)
    saved = await _find(db, workspace_id, note_id)
    return Response(Note.of(saved), headers={"ETag": tag(saved)})


@delete(
    "/v1/notes/{note_id:str}",
    operation_id="deleteNote",
    tags=["notes"],
    scopes=["notes:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def delete_note(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    note_id: FromPath[str],
) -> Note:
    """Delete a note.

    The answer is its last version.
    """
    found = await _find(db, workspace_id, note_id, lock=True)
    check_unchanged(request, found)
    await store.delete_note(db, workspace_id, found.id)
    return Note.of(found)


async def _find(db: Db, workspace_id: UUID, note_id: str, *, lock: bool = False) -> store.Note:
    found = await store.get_note(db, workspace_id, from_path("note", note_id), lock=lock)
    if found is None:
        raise not_found("note")
    return found


ROUTES = [list_notes, create_note, get_note, update_note, delete_note]
