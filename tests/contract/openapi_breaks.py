"""What of an API description a client of an earlier one can no longer rely on, in words.

A request that was right must stay right: what the earlier description accepts, the later one must. An answer must stay
readable: what the later one gives, the earlier one must have named. Whoever reads answers ignores members that he does
not know, so new ones break nobody; a new word of an enumeration does, because clients are made from the description.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

Json = Mapping[str, Any]
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_DEEPEST = 24
"""Schemas within schemas; what is deeper repeats itself."""


def breaks(before: Json, after: Json) -> list[str]:
    """Each break with its place; none where every client of `before` can go on."""
    found: list[str] = []
    for path, method, was in operations(before):
        where = f"{method.upper()} {path}"
        now = after["paths"].get(path, {}).get(method)
        if now is None:
            found.append(f"{where}: is gone")
            continue
        if was.get("operationId") != now.get("operationId"):
            found.append(f"{where}: operationId was {was.get('operationId')} and is {now.get('operationId')}")
        found += _parameters(before, after, was, now, where)
        found += _body(before, after, was, now, where)
        found += _answers(before, after, was, now, where)
        found += _security(was, now, where)
    return found


def operations(document: Json) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and what is said of each operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _parameters(before: Json, after: Json, was: Json, now: Json, where: str) -> Iterator[str]:
    old, new = (
        {(each["in"], each["name"]): each for each in (resolved(p, document) for p in said.get("parameters", ()))}
        for said, document in ((was, before), (now, after))
    )
    for (place, name), parameter in new.items():
        if parameter.get("required") and not old.get((place, name), {}).get("required"):
            yield f"{where}: {place} parameter {name} is required now"
    for (place, name), parameter in old.items():
        if (place, name) not in new:
            yield f"{where}: {place} parameter {name} is gone, and unknown ones are refused"
            continue
        request = _Side(before, after, f"{where}: {place} parameter {name}", answer=False)
        yield from request.contained(parameter.get("schema", {}), new[place, name].get("schema", {}))


def _body(before: Json, after: Json, was: Json, now: Json, where: str) -> Iterator[str]:
    old, new = resolved(was.get("requestBody", {}), before), resolved(now.get("requestBody", {}), after)
    if new.get("required") and not old.get("required"):
        yield f"{where}: a body is required now"
    for kind, media in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"{where}: a body as {kind} is no longer taken"
            continue
        request = _Side(before, after, f"{where}: body", answer=False)
        yield from request.contained(media.get("schema", {}), new["content"][kind].get("schema", {}))


def _answers(before: Json, after: Json, was: Json, now: Json, where: str) -> Iterator[str]:
    for status, answer in was["responses"].items():
        if status not in now["responses"]:
            yield f"{where}: {status} is no longer answered"
            continue
        old, new = resolved(answer, before), resolved(now["responses"][status], after)
        for name, header in old.get("headers", {}).items():
            promised = resolved(header, before).get("required", False)
            kept = resolved(new.get("headers", {}).get(name, {}), after)
            if name not in new.get("headers", {}) or (promised and not kept.get("required", False)):
                yield f"{where}: {status} no longer has the header {name}"
        for kind, media in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"{where}: {status} is no longer answered as {kind}"
                continue
            reading = _Side(after, before, f"{where}: {status}", answer=True)
            yield from reading.contained(new["content"][kind].get("schema", {}), media.get("schema", {}))


def _security(was: Json, now: Json, where: str) -> Iterator[str]:
    """Whoever was let in must be: one of the ways of now must ask for no more than one of those of before."""
    for way in _ways(was):
        if not any(all(scopes <= way.get(name, set()) for name, scopes in other.items()) for other in _ways(now)):
            scopes = sorted(set[str]().union(*way.values()))
            yield f"{where}: {', '.join(way) or 'no key'} with {scopes} is no longer enough"


def _ways(said: Json) -> list[dict[str, set[str]]]:
    """Each way to be let in: schemes, with the scopes that a key must have."""
    ways: list[dict[str, list[str]]] = said.get("security") or [{}]
    return [{name: {name, *scopes} for name, scopes in way.items()} for way in ways]


@dataclass(frozen=True)
class _Side:
    """One direction of comparing: each value that `small` allows must be one that `large` allows. Of a request `small`
    is before and `large` after; of an answer the other way round.
    """

    small: Json
    large: Json
    where: str
    answer: bool

    def contained(self, small: Json, large: Json, place: str = "", depth: int = 0) -> Iterator[str]:
        """What `small` allows and `large` does not."""
        if depth > _DEEPEST:
            return
        small, large = resolved(small, self.small), resolved(large, self.large)
        if _alternatives(small) or _alternatives(large):
            yield from self._each_alternative(small, large, place, depth)
            return
        yield from self._values(small, large, place)
        yield from self._members(small, large, place, depth)
        if "items" in small and "items" in large:
            yield from self.contained(small["items"], large["items"], f"{place}[]", depth + 1)

    def _each_alternative(self, small: Json, large: Json, place: str, depth: int) -> Iterator[str]:
        choices = _alternatives(large) or [large]
        for option in _alternatives(small) or [small]:
            faults = [list(self.contained(option, choice, place, depth + 1)) for choice in choices]
            if all(faults):
                yield from min(faults, key=len)

    def _values(self, small: Json, large: Json, place: str) -> Iterator[str]:
        more = sorted(_types(small) - _types(large))
        if more:
            yield self._say(place, f"may be {' or '.join(more)}")
        if "enum" in large or "const" in large:
            words = _words(large)
            unknown = [word for word in _words(small) or ["any value"] if word not in words]
            if unknown:
                yield self._say(place, f"may be {', '.join(map(str, unknown))}")
        for bound in (*_LEAST, *_MOST):
            if bound in large:
                other = small.get(bound)
                tighter = other is None or (other < large[bound] if bound in _LEAST else other > large[bound])
                if tighter and not (self.answer and other is None) and _words(small) == []:
                    yield self._say(place, f"{bound} was {large[bound] if self.answer else other}")
        for form in ("pattern", "format"):
            if form in large and small.get(form) != large[form] and not _words(small):
                yield self._say(place, f"{form} was {large[form] if self.answer else small.get(form)}")

    def _members(self, small: Json, large: Json, place: str, depth: int) -> Iterator[str]:
        mine, others = small.get("properties", {}), large.get("properties", {})
        for name in sorted(set(large.get("required", ())) - set(small.get("required", ()))):
            if not self.answer or name in mine:
                yield self._say(f"{place}/{name}", "may be missing")
        for name, schema in mine.items():
            if name in others:
                yield from self.contained(schema, others[name], f"{place}/{name}", depth + 1)
            elif not self.answer and large.get("additionalProperties", True) is False:
                yield self._say(f"{place}/{name}", "is no longer taken")
        if self.answer:
            yield from (self._say(f"{place}/{name}", "is gone") for name in others if name not in mine)
        open_before, open_now = (each.get("additionalProperties", True) for each in (small, large))
        if not self.answer and others and open_before is not False and open_now is False:
            yield self._say(place, "other members are no longer taken")
        if isinstance(open_before, dict) and isinstance(open_now, dict):
            yield from self.contained(cast(Json, open_before), cast(Json, open_now), f"{place}/*", depth + 1)

    def _say(self, place: str, what: str) -> str:
        told = (
            what if self.answer else f"{what}, and is refused now" if what.startswith(("may", "min", "max")) else what
        )
        return f"{self.where} {place or '(whole)'}: {told}"


def resolved(part: Json, document: Json) -> Json:
    """What a reference leads to, with what stands beside it."""
    while "$ref" in part:
        found: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        part = {**found, **{name: value for name, value in part.items() if name != "$ref"}}
    return part


def _alternatives(schema: Json) -> Sequence[Json]:
    return schema.get("anyOf") or schema.get("oneOf") or ()


def _types(schema: Json) -> set[str]:
    """With integers among the numbers; every type where none is named."""
    if "const" in schema or "enum" in schema:
        return set[str]()  # its words say it
    named = schema.get("type", _TYPES)
    types = {named} if isinstance(named, str) else set(named)
    return types | {"integer"} if "number" in types else types


def _words(schema: Json) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))
