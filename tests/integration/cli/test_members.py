"""``kith members`` and ``kith mail`` as an operator runs them."""

import asyncio
import re

import asyncpg
import pytest

from kith.store.sign_ins import digest
from tests.integration.cli.test_commands import complaint, kith, settings

__all__ = ["settings"]
LINK = re.compile(r"http://localhost:8000/(invitations|sign-in/links)/(\S+)")


def rows(settings: dict[str, str]) -> list[list[str]]:
    """Return the cells of what is listed."""
    said = kith(settings | {"COLUMNS": "200"}, "members", "list").stdout
    return [re.split(r" {2,}", line.strip()) for line in said.splitlines()[1:]]


async def fetch(url: str, statement: str) -> list[asyncpg.Record]:
    """Run a statement as the owner of the tables, whom no workspace binds."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET kith.workspace = '00000000-0000-0000-0000-000000000001'")
        return await connection.fetch(statement)
    finally:
        await connection.close()


def test_who_is_invited_without_mail_gets_a_link_and_a_new_one_ends_the_old(settings: dict[str, str]) -> None:
    first = LINK.fullmatch(kith(settings, "members", "invite", "Theo@Example.org").stdout.strip())
    again = LINK.fullmatch(kith(settings, "members", "invite", "theo@example.org").stdout.strip())
    assert first
    assert again
    assert first[1] == "invitations"
    assert first[2] != again[2]
    ((id_, name, address, role, until),) = rows(settings)
    assert (id_[:4], name, address, role, until[:5]) == ("inv_", "invited", "theo@example.org", "viewer", "until")
    kith(settings, "members", "invite", "theo@example.org", "--role", "admin")
    assert [row[3] for row in rows(settings)] == ["admin"]
    assert complaint(kith(settings, "members", "invite", "theo")) == "kith: 'theo' is no e-mail address."


def test_a_member_is_found_by_address_or_id_and_changed(settings: dict[str, str]) -> None:
    kith(settings, "members", "invite", "x@example.org")  # it makes the workspace
    url = settings["KITH_DATABASE_URL"]
    for name, role in (("Olga", "owner"), ("Theo", "viewer")):
        asyncio.run(
            fetch(
                url,
                f"""
                WITH made AS (INSERT INTO sign_ins (id, name, address, verified_at)
                    VALUES (gen_random_uuid(), '{name}', '{name.lower()}@example.org', now()) RETURNING id)
                INSERT INTO members (workspace_id, id, sign_in_id, role)
                SELECT '00000000-0000-0000-0000-000000000001', gen_random_uuid(), id, '{role}' FROM made
                """,
            )
        )
    found = {row[1]: row for row in rows(settings)}
    assert found["Olga"][2:4] == ["olga@example.org", "owner"]
    assert kith(settings, "members", "role", "theo@example.org", "analyst").returncode == 0
    assert kith(settings, "members", "address", found["Theo"][0], "Theodora@example.org").returncode == 0
    found = {row[1]: row for row in rows(settings)}
    assert found["Theo"][2:4] == ["theodora@example.org", "analyst"]
    taken = kith(settings, "members", "address", "theodora@example.org", "olga@example.org")
    assert complaint(taken) == "kith: Another sign-in has this address."
    for words in (("role", "olga@example.org", "viewer"), ("remove", "olga@example.org")):
        assert complaint(kith(settings, "members", *words)).startswith("kith: This is the last owner")
    assert complaint(kith(settings, "members", "remove", "nobody@example.org")).startswith("kith: There is no member")
    link = LINK.fullmatch(kith(settings, "members", "link", "theodora@example.org").stdout.strip())
    assert link
    purpose, hashed = asyncio.run(fetch(url, "SELECT purpose, hash FROM sign_in_links"))[0]
    assert (purpose, hashed) == ("operator", digest(link[2]))
    assert kith(settings, "members", "remove", "theodora@example.org").returncode == 0
    assert "Theo" not in {row[1] for row in rows(settings)}
    told = asyncio.run(fetch(url, "SELECT operation FROM audit_entries ORDER BY number"))
    assert [row["operation"] for row in told] == [
        f"members {command}" for command in ("invite", "role", "address", "link", "remove")
    ]


@pytest.mark.parametrize("words", [("mail", "test", "a@example.org"), ("members", "invite", "a@example.org")])
def test_a_mail_server_that_is_away_is_said_and_nobody_is_invited(settings: dict[str, str], words: tuple[str]) -> None:
    away = settings | {"KITH_MAIL_SERVER": "smtp://127.0.0.1:1"}
    assert "The mail server refused or did not answer" in complaint(kith(away, *words))
    assert rows(settings) == []


def test_without_a_mail_server_the_setting_is_named(settings: dict[str, str]) -> None:
    said = complaint(kith(settings, "mail", "test", "a@example.org"))
    assert said == "kith: No letter was sent. KITH_MAIL_SERVER is not set."
