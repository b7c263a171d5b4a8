"""What breaks clients between two OpenAPI documents: ``python -m kith.api.compare RELEASED PRESENT``.

What a client may send must stay acceptable, and what it gets must stay what was promised. Operations that the released
document marks with ``x-draft`` may change. New fields, kinds and codes in answers break nothing: clients ignore them.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

Json = dict[str, Any]

_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")


class Comparison:
    """Two documents. breaks: what an old client would stumble over."""

    def __init__(self, old: Json, new: Json) -> None:
        self.old, self.new = old, new
        self.breaks = [f"{where}: {what}" for where, what in self._operations()]

    def _operations(self) -> Iterator[tuple[str, str]]:
        for path, item in self.old["paths"].items():
            for method, operation in item.items():
                if operation.get("x-draft"):
                    continue
                where, now = f"{method.upper()} {path}", self.new["paths"].get(path, {}).get(method)
                if now is None:
                    yield where, "the operation is gone"
                    continue
                for what in self._operation(operation, now):
                    yield where, what

    def _operation(self, old: Json, new: Json) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f"its name was {old['operationId']}"
        for scope in sorted(_scopes(new) - _scopes(old)):
            yield f"it needs the scope {scope}"
        yield from self._parameters(old.get("parameters", []), new.get("parameters", []))
        yield from self._bodies(old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status.startswith("2"):
                yield from self._answers(status, answer, new["responses"].get(status))

    def _parameters(self, old: list[Json], new: list[Json]) -> Iterator[str]:
        before, now = ({(each["in"], each["name"]): each for each in side} for side in (old, new))
        for key, parameter in before.items():
            if key not in now:
                yield f"the parameter {key[1]} is gone"
            else:
                yield from self._accepts(parameter["schema"], now[key]["schema"], f"parameter {key[1]}", set())
        for key, parameter in now.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                yield f"the parameter {key[1]} is required"

    def _bodies(self, old: Json | None, new: Json | None) -> Iterator[str]:
        if new is None or old is None:
            if new and new.get("required"):
                yield "it needs a body"
            return
        for media_type, content in old["content"].items():
            if media_type not in new["content"]:
                yield f"it takes no {media_type}"
            else:
                yield from self._accepts(content["schema"], new["content"][media_type]["schema"], "body", set())

    def _answers(self, status: str, old: Json, new: Json | None) -> Iterator[str]:
        if new is None:
            yield f"it answers {status} no more"
            return
        for media_type, content in old.get("content", {}).items():
            now = new.get("content", {}).get(media_type)
            if now is None:
                yield f"it answers with no {media_type}"
            else:
                yield from self._promises(content["schema"], now["schema"], "answer", set())

    def _accepts(self, old: Json, new: Json, where: str, seen: set[Any]) -> Iterator[str]:
        """Say what the old schema let a client send and the new one does not."""
        if (key := (old.get("$ref"), new.get("$ref"))) in seen and all(key):
            return
        old, new, seen = _resolve(self.old, old), _resolve(self.new, new), seen | {key}
        if "anyOf" in old or "anyOf" in new:
            for branch in _branches(old):
                if not any(_is_empty(self._accepts(branch, now, where, seen)) for now in _branches(new)):
                    yield f"{where} takes fewer kinds of values"
            return
        yield from _narrower(old, new, where)
        if (kept := old.get("properties")) is not None:
            closed = new.get("additionalProperties") is False
            for name, part in kept.items():
                if name in new.get("properties", {}):
                    yield from self._accepts(part, new["properties"][name], f"{where}/{name}", seen)
                elif closed:
                    yield f"{where}/{name} is refused"
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{where}/{name} is required"
        if "items" in old and "items" in new:
            yield from self._accepts(old["items"], new["items"], f"{where}[]", seen)

    def _promises(self, old: Json, new: Json, where: str, seen: set[Any]) -> Iterator[str]:
        """Say what the old schema promised of an answer and the new one does not."""
        if (key := (old.get("$ref"), new.get("$ref"))) in seen and all(key):
            return
        old, new, seen = _resolve(self.old, old), _resolve(self.new, new), seen | {key}
        if "anyOf" in old or "anyOf" in new:
            for branch in _branches(new):
                if not any(_is_empty(self._promises(before, branch, where, seen)) for before in _branches(old)):
                    yield f"{where} may have another kind of value"
            return
        if "type" in old and old["type"] != new.get("type") and (old["type"], new.get("type")) != ("number", "integer"):
            yield f"{where} was of type {old['type']}"
        for name, part in old.get("properties", {}).items():
            if name not in new.get("properties", {}):
                yield f"{where}/{name} is gone"
            else:
                yield from self._promises(part, new["properties"][name], f"{where}/{name}", seen)
        for name in sorted(
            set(old.get("required", ())) & new.get("properties", {}).keys() - set(new.get("required", ()))
        ):
            yield f"{where}/{name} may be absent"
        if "items" in old and "items" in new:
            yield from self._promises(old["items"], new["items"], f"{where}[]", seen)


def _narrower(old: Json, new: Json, where: str) -> Iterator[str]:
    if "type" in new and old.get("type") != new["type"] and (old.get("type"), new["type"]) != ("integer", "number"):
        yield f"{where} takes {new['type']} alone"
    if "enum" in new and not set(old.get("enum", [object()])) <= set(new["enum"]):
        yield f"{where} takes fewer values"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{where} has another pattern"
    for name in _UPPER:
        if name in new and not (name in old and old[name] <= new[name]):
            yield f"{where} has a smaller {name}"
    for name in _LOWER:
        if new.get(name, 0) != 0 and not (name in old and old[name] >= new[name]):
            yield f"{where} has a greater {name}"


def _scopes(operation: Json) -> set[str]:
    return {
        scope for requirement in operation.get("security", []) for scopes in requirement.values() for scope in scopes
    }


def _branches(schema: Json) -> list[Json]:
    """Return the alternatives, each with what holds for all."""
    return [*schema.get("anyOf", [schema])]


def _is_empty(found: Iterator[str]) -> bool:
    return next(found, None) is None


def _resolve(document: Json, schema: Json) -> Json:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def main(arguments: list[str]) -> int:
    """Print what breaks, and fail where anything does."""
    old, new = (msgspec.json.decode(Path(name).read_bytes()) for name in arguments)
    found = Comparison(old, new).breaks
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print(
            "Released operations stay: add another beside them, and mark the old one as deprecated.",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
