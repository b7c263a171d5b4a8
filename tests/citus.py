"""What a statement must keep so that it also runs where tables are distributed by workspace, as docs/store.md says."""

import ast
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kith.store.migrate import migrations
from kith.store.rights import INSTANCE, NOTED
from tests.paths import ROOT
from tests.statements import Sent

#: What neither reads nor writes a table that is distributed.
_NO_QUERY = re.compile(
    r"(?:BEGIN|COMMIT|ROLLBACK|SET|RESET|SHOW|LISTEN|UNLISTEN|ANALYZE|VACUUM|SAVEPOINT|RELEASE|LOCK|DROP|TRUNCATE|COMMENT"
    r"|GRANT|REVOKE|ALTER|CREATE(?! TEMP)|DO)\b"
)
_EMPTY = re.compile(r"CREATE TEMPORARY TABLE.*(?:\)\s*ON COMMIT \w+(?: ROWS)?|WITH NO DATA);?\s*", re.DOTALL)
_FILLED = re.compile(r"CREATE TEMPORARY TABLE \w+ ON COMMIT DROP AS\s")
_TOGETHER = re.compile(r"\bSET LOCAL\b|\bBEGIN READ\b|\bCREATE TEMP")
_SESSION = re.compile(r"\s*SET (?!LOCAL|TRANSACTION)")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LATE = ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp")
_SIZES = ("pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size", "pg_database_size")
_WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)

logging.getLogger("sqlglot").setLevel(logging.ERROR)


class Tables(NamedTuple):
    """Names of the tables that are distributed by ``workspace_id``, and of those that are not; others are temporary."""

    distributed: frozenset[str]
    kept: frozenset[str]


def faults(message: str, tables: Tables) -> Iterator[str]:
    """Yield a sentence for each rule that a message to PostgreSQL breaks."""
    try:
        statements = [each for each in sqlglot.parse(_query_of(message), dialect="postgres") if each is not None]
    except SqlglotError as error:
        if not _NO_QUERY.match(message.lstrip()):
            yield f"it cannot be parsed: {str(error).splitlines()[0]}"
        return
    if len(statements) > 1 and _TOGETHER.search(message):
        yield "several statements in one message with SET LOCAL, BEGIN or CREATE TEMP"
    if _SESSION.match(message):
        yield "SET of a session, which other nodes do not hear: SET LOCAL"
    for statement in statements:
        if isinstance(statement, exp.Command):
            if not _NO_QUERY.match(statement.sql(dialect="postgres")):
                yield "it cannot be parsed"
            continue
        told = _Statement(statement, tables)
        for rule in RULES:
            yield from rule(told)


def _query_of(message: str) -> str:
    """Return what is to be parsed: of a temporary table that is made of a query, the query."""
    return "" if _EMPTY.fullmatch(message.strip()) else _FILLED.sub("", message.strip())


def _name(table: exp.Table) -> str:
    return table.name if table.db in ("", "public") else f"{table.db}.{table.name}"


def _tables(node: exp.Expr) -> Iterator[exp.Table]:
    """Yield the tables of a statement, but not what a WITH calls so."""
    return (table for table in node.find_all(exp.Table) if table.name and _of_with(table) is None)


class _Same:
    """Which columns ``workspace_id`` are equal, and so which are bound to a parameter."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def find(self, key: str) -> str:
        while (parent := self._parents.get(key, key)) != key:
            key = parent
        return key

    def join(self, one: str, other: str) -> None:
        self._parents[self.find(one)] = self.find(other)

    def reaches(self, key: str) -> bool:
        return self.find(key) == self.find(_PARAMETER)


_PARAMETER = "$"
_SCOPES = (exp.Select, exp.Update, exp.Delete, exp.Insert)


def _sources(scope: exp.Expr) -> dict[str, exp.Expr]:
    """Return what a query reads or writes, by the name by which it calls it."""
    found: dict[str, exp.Expr] = {}
    for node in scope.find_all(exp.Table, exp.Subquery, exp.Lateral, exp.Unnest):
        if node.find_ancestor(*_SCOPES) is scope and node.alias_or_name:
            found.setdefault(node.alias_or_name, node)
    return found


class _Statement:
    """A statement with its scopes looked at once."""

    def __init__(self, root: exp.Expr, tables: Tables) -> None:
        self.root, (self.distributed, self.kept) = root, tables
        self._seen: dict[int, dict[str, exp.Expr]] = {}
        self.same = _Same()
        for equal in root.find_all(exp.EQ):
            for one, other in zip(_parts(equal.this), _parts(equal.expression), strict=False):
                self._join(one, other)
        for join in root.find_all(exp.Join):
            if any(each.name == "workspace_id" for each in join.args.get("using") or ()):
                self._use(join)
        for inside in root.find_all(exp.In):
            self._in(inside)
        for source in root.find_all(exp.Table, exp.Subquery):
            if isinstance(source, exp.Table):
                self._link(source, _of_with(source))
            else:
                self._link(source, source.this)

    def sources(self, scope: exp.Expr) -> dict[str, exp.Expr]:
        if id(scope) not in self._seen:
            self._seen[id(scope)] = _sources(scope)
        return self._seen[id(scope)]

    def key(self, node: exp.Expr | None) -> str | None:
        """Return which ``workspace_id`` an expression is; None: it is none."""
        while isinstance(node, (exp.Cast, exp.Paren)):
            node = node.this
        if isinstance(node, exp.Parameter) or (isinstance(node, exp.Literal) and _ID.fullmatch(node.name)):
            return _PARAMETER
        if not isinstance(node, exp.Column) or node.name != "workspace_id":
            return None
        scope = node.find_ancestor(*_SCOPES)
        while scope is not None:
            sources = self.sources(scope)
            if node.table in sources:
                return str(id(sources[node.table]))
            if not node.table:
                real = [each for each in sources.values() if self.may_have(each)]
                if real:
                    return str(id(real[0]))
            scope = scope.find_ancestor(*_SCOPES)
        return None

    def may_have(self, source: exp.Expr) -> bool:
        """Whether a source may have the column."""
        if isinstance(source, exp.Table):
            query = _of_with(source)
            return self.is_distributed(source) or (query is not None and _output(query) is not None)
        return isinstance(source, exp.Subquery) and _output(source.this) is not None

    def is_real(self, table: exp.Expr) -> bool | None:
        """Whether a table is distributed, or temporary; None: it is neither, but a name of a WITH or a function."""
        if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier) or _of_with(table):
            return None
        if _name(table) in self.distributed:
            return True
        return None if _name(table) in self.kept else False

    def is_distributed(self, table: exp.Table) -> bool:
        return _name(table) in self.distributed and _of_with(table) is None

    def _join(self, one: exp.Expr | None, other: exp.Expr | None) -> None:
        first, second = self.key(one), self.key(other)
        if first and second:
            self.same.join(first, second)

    def _use(self, join: exp.Join) -> None:
        scope = join.find_ancestor(*_SCOPES)
        assert scope is not None
        having = [str(id(each)) for each in self.sources(scope).values() if self.may_have(each)]
        for one in having:
            self.same.join(one, having[0])

    def _in(self, inside: exp.In) -> None:
        """``(workspace_id, id) IN (SELECT workspace_id, id …)``."""
        query = inside.args.get("query")
        if isinstance(query, exp.Subquery) and isinstance(query.this, exp.Select):
            for one, other in zip(_parts(inside.this), query.this.expressions, strict=False):
                self._join(one, other.unalias())

    def _link(self, source: exp.Expr, query: exp.Expr | None) -> None:
        """What a subquery gives as ``workspace_id`` is what its name has as such."""
        if query is not None and (key := self.key(_output(query))):
            self.same.join(str(id(source)), key)


def _parts(node: exp.Expr) -> list[exp.Expr]:
    return list(node.expressions) if isinstance(node, exp.Tuple) else [node]


def _of_with(table: exp.Table) -> exp.Expr | None:
    """Return the query that a WITH calls as this table; None: it is a table."""
    above: exp.Expr | None = table
    while above is not None and not table.db:
        with_ = above.args.get("with_")
        for each in with_.expressions if with_ else ():
            if each.alias == table.name:
                query: exp.Expr = each.this
                return query
        above = above.parent
    return None


def _output(query: exp.Expr | None) -> exp.Expr | None:
    """Return what a query gives as ``workspace_id``."""
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    if query is None:
        return None
    given = query.args.get("returning")
    for each in given.expressions if given else query.expressions if isinstance(query, exp.Select) else ():
        if each.alias_or_name == "workspace_id":
            return each.unalias() if isinstance(each, exp.Alias) else each
    return None


Rule = Callable[[_Statement], Iterator[str]]


def _bound(told: _Statement) -> Iterator[str]:
    """Each table is bound to one workspace by a parameter, or joined to one that is."""
    for table in told.root.find_all(exp.Table):
        if not told.is_distributed(table) or isinstance(_owner(table), exp.Insert):
            continue
        if not told.same.reaches(str(id(table))):
            yield f"{table.alias_or_name} is bound to no workspace: workspace_id = $1"


def _owner(table: exp.Table) -> exp.Expr | None:
    parent = table.parent
    return parent.parent if isinstance(parent, exp.Schema) else parent


def _inserted(told: _Statement) -> Iterator[str]:
    """What is added has the workspace of a parameter."""
    for insert, table in _inserts(told):
        columns = insert.this.expressions if isinstance(insert.this, exp.Schema) else []
        place = next((at for at, each in enumerate(columns) if each.name == "workspace_id"), 0)
        source = insert.expression
        while isinstance(source, (exp.SetOperation, exp.Subquery)):
            source = source.this
        if isinstance(source, exp.Select):
            values = source.expressions[place : place + 1]
        else:
            values = [_parts(row)[place] for row in source.expressions]
        for value in values:
            key = told.key(value.unalias())
            if key is None or not told.same.reaches(key):
                yield f"{table} takes rows of no one workspace: {value.sql()}"


def _inserts(told: _Statement) -> Iterator[tuple[exp.Insert, str]]:
    for insert in told.root.find_all(exp.Insert):
        table = insert.find(exp.Table)
        assert table is not None
        if told.is_distributed(table):
            yield insert, table.name


def _pulled(told: _Statement) -> Iterator[str]:
    """What is selected elsewhere and added would be copied, which row-level security forbids."""
    for insert, table in _inserts(told):
        if isinstance(insert.expression, exp.Query) and not (
            insert.args.get("conflict") or insert.args.get("returning")
        ):
            yield f"INSERT INTO {table} … SELECT without ON CONFLICT DO NOTHING or RETURNING"


def _late(node: exp.Expr) -> Iterator[exp.Expr]:
    for each in node.find_all(exp.CurrentTimestamp, exp.Anonymous):
        if isinstance(each, exp.CurrentTimestamp) or each.name.lower() in _LATE:
            yield each


def _times(told: _Statement) -> Iterator[str]:
    """Functions of time are not sent to other nodes within what is set."""
    for insert, _ in _inserts(told):
        conflict = insert.args.get("conflict")
        if conflict is not None and any(_late(conflict)):
            yield "now() in DO UPDATE: name the column of excluded"
    for update in told.root.find_all(exp.Update):
        for value in update.expressions:
            for late in _late(value):
                inner = late.find_ancestor(exp.Case, exp.Coalesce, exp.Select, exp.Update)
                if isinstance(inner, (exp.Case, exp.Coalesce)):
                    yield f"{late.sql()} in CASE or coalesce of UPDATE: (SELECT now())"
            if any(case.this is not None for case in value.find_all(exp.Case)):
                yield "CASE x WHEN in UPDATE: CASE WHEN x ="


def _across(told: _Statement) -> Iterator[str]:
    """Whether rows exist is not asked across a temporary and a real table."""
    for exists in told.root.find_all(exp.Exists):
        query, outer = exists.this, exists.find_ancestor(*_SCOPES)
        if not isinstance(query, exp.Select) or outer is None:
            continue
        inside, outside = told.sources(query), told.sources(outer)
        named = {column.table for column in query.find_all(exp.Column)} - inside.keys()
        kinds = {told.is_real(each) for each in inside.values()}
        if any({told.is_real(outside[name]), *kinds} >= {True, False} for name in named & outside.keys()):
            yield f"EXISTS across a temporary and a real table: {exists.sql('postgres')[:60]}"


def _lists(told: _Statement) -> Iterator[str]:
    """Sets in IN and NOT IN."""
    for inside in told.root.find_all(exp.In):
        query = inside.args.get("query")
        if query is None:
            continue
        select = query.this if isinstance(query, exp.Subquery) else query
        if (
            isinstance(inside.this, exp.Tuple)
            and isinstance(inside.parent, exp.Not)
            and inside.find_ancestor(exp.Delete)
        ):
            yield "NOT IN of several columns in DELETE"
        if isinstance(select, exp.Select) and select.args.get("from_") is None:
            yield "IN (SELECT function()): ask first, then use"


def _read_before(told: _Statement) -> Iterator[str]:
    """What is read before a statement writes it is MATERIALIZED, else it may be read afterwards."""
    written = {
        _name(table)
        for node in told.root.find_all(*_WRITES)
        if (table := node.find(exp.Table)) is not None and told.is_distributed(table)
    }
    for each in told.root.find_all(exp.CTE):
        if each.args.get("materialized") or each.this.find(*_WRITES):
            continue
        for table in _tables(each.this):
            if _name(table) in written:
                yield f"{each.alias} reads {table.name}, which the statement writes: MATERIALIZED"


def _sizes(told: _Statement) -> Iterator[str]:
    """Of a distributed table the coordinator has an empty shell."""
    for call in told.root.find_all(exp.Anonymous):
        if call.name.lower() in _SIZES:
            yield f"{call.name} sees an empty shell of a distributed table"


RULES: tuple[Rule, ...] = (_bound, _inserted, _pulled, _times, _across, _lists, _read_before, _sizes)

#: What is sent otherwise where the database is spread over nodes, and what only the owner sends, before it is.
_SINGLE = ("api/src/kith/store/db.py", "api/src/kith/store/statistics.py", "api/src/kith/store/health.py")
_OWNERS = tuple(f"api/src/kith/store/{name}.py" for name in ("migrate", "rekey", "rights"))
_CREATED = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)")


def tables() -> Tables:
    """Return the tables that the migrations make."""
    made = {name for migration in migrations() for name in _CREATED.findall(migration.sql)}
    kept = frozenset((*NOTED, *INSTANCE, "migrations"))
    return Tables(frozenset(made - kept), kept)


def wrong_statements(sent: Iterable[Sent]) -> list[str]:
    """Return a line for each fault of what was sent, with the place that sent it."""
    known, found = tables(), set()
    for each in sent:
        if each.path in _OWNERS or (each.path in _SINGLE and not each.spread):
            continue
        found |= {f"{each.path}:{each.line}: {fault}" for fault in faults(each.sql, known)}
        if is_counted(each):
            found.add(f"{each.path}:{each.line}: the count of INSERT … SELECT … ON CONFLICT is used: count RETURNING")
    return sorted(found)


def is_counted(sent: Sent) -> bool:
    """Whether the place uses the status of an INSERT … SELECT … ON CONFLICT, which may count what is selected."""
    if not re.match(r"\s*(?:WITH\b.*)?INSERT INTO", sent.sql, re.DOTALL) or "ON CONFLICT" not in sent.sql:
        return False
    statement = sqlglot.parse_one(sent.sql, dialect="postgres")
    if not (
        isinstance(statement, exp.Insert)
        and isinstance(statement.expression, exp.Query)
        and statement.args.get("conflict")
    ):
        return False
    return any(first <= sent.line <= last for first, last in _counting(sent.path))


@cache
def _counting(path: str) -> list[tuple[int, int]]:
    """Return the lines of a file on which the status of a statement is used."""
    tree = ast.parse((ROOT / path).read_text())
    dropped = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Await) and node not in dropped and _is_execute(node.value)
    ]


def _is_execute(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "execute"
