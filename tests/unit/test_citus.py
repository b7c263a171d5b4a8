"""Each rule for statements finds what breaks it, and lets pass what keeps it."""

import pytest

from tests.citus import Tables, faults, is_counted
from tests.statements import Sent

TABLES = Tables(frozenset({"people", "events"}), frozenset({"apps"}))


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("SELECT FROM people p WHERE p.workspace_id = $1", "SELECT FROM people p WHERE p.id = $1"),
        (
            "SELECT FROM people p JOIN events e ON e.workspace_id = p.workspace_id WHERE p.workspace_id = $1",
            "SELECT FROM people p JOIN events e ON e.workspace_id = p.workspace_id",
        ),
        (
            "INSERT INTO events (workspace_id, id) SELECT $1, * FROM unnest($2::uuid[]) RETURNING id",
            "INSERT INTO events (workspace_id, id) SELECT $1, * FROM unnest($2::uuid[])",
        ),
        (
            "INSERT INTO people (workspace_id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
            "INSERT INTO people (workspace_id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET at = now()",
        ),
        (
            "UPDATE people SET at = coalesce(at, (SELECT now())) WHERE workspace_id = $1",
            "UPDATE people SET at = coalesce(at, now()) WHERE workspace_id = $1",
        ),
        (
            "UPDATE people SET kind = CASE WHEN kind = 'a' THEN 'b' END WHERE workspace_id = $1",
            "UPDATE people SET kind = CASE kind WHEN 'a' THEN 'b' END WHERE workspace_id = $1",
        ),
        (
            "WITH gone AS MATERIALIZED (SELECT id FROM staged) DELETE FROM people p"
            " WHERE p.workspace_id = $1 AND EXISTS (SELECT FROM gone g WHERE g.id = p.id)",
            "DELETE FROM people p WHERE p.workspace_id = $1 AND EXISTS (SELECT FROM staged s WHERE s.id = p.id)",
        ),
        (
            "DELETE FROM people WHERE workspace_id = $1 AND id <> ALL ($2)",
            "DELETE FROM people WHERE workspace_id = $1 AND (id, at) NOT IN (SELECT * FROM unnest($2, $3))",
        ),
        (
            "SELECT FROM people WHERE workspace_id = $1 AND id = ANY ($2)",
            "SELECT FROM people WHERE workspace_id = $1 AND id IN (SELECT found($2))",
        ),
        (
            "WITH old AS MATERIALIZED (SELECT id FROM people WHERE workspace_id = $1)"
            " UPDATE people SET at = $2 WHERE workspace_id = $1",
            "WITH old AS (SELECT id FROM people WHERE workspace_id = $1)"
            " UPDATE people SET at = $2 WHERE workspace_id = $1",
        ),
        ("SELECT length($1)", "SELECT pg_relation_size($1)"),
        ("SET LOCAL work_mem = '1MB'", "SET LOCAL work_mem = '1MB'; CREATE TEMPORARY TABLE some (id uuid)"),
        ("SET LOCAL kith.sight = ''", "SET kith.sight = ''"),
        ("SELECT FROM people WHERE workspace_id = $1", "SELECT FROM FROM people"),
    ],
)
def test_each_rule(good: str, bad: str) -> None:
    assert list(faults(good, TABLES)) == []
    assert list(faults(bad, TABLES)) != []


def test_a_count_that_lies_is_found() -> None:
    sql = "INSERT INTO people (workspace_id, id) SELECT $1, * FROM unnest($2::uuid[]) ON CONFLICT DO NOTHING"
    path = "tests/unit/test_citus.py"
    used, dropped = _line("status = await db.execute(one)"), _line("    await db.execute(other)")
    assert is_counted(Sent(sql, path, used, False))
    assert not is_counted(Sent(sql, path, dropped, False))


def _line(text: str) -> int:
    with open(__file__) as file:
        return next(number for number, line in enumerate(file, 1) if text in line and "_line(" not in line)


async def _sender(db, one: str, other: str) -> str:  # type: ignore[no-untyped-def]  # it is read, not run
    status = await db.execute(one)
    await db.execute(other)
    return str(status)
