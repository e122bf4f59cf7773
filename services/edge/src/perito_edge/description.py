"""The API description: what the framework makes of routes and models, completed with what it cannot know.

That is the key and its scopes, which middleware checks; bodies that are read by hand; the headers of every answer; and
an example for each parameter, body and answer. Operations need not repeat any of it, so none can forget it.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from perito_runtime.callers import ANY_SCOPE
from pydantic import BaseModel

from perito_edge.addresses import COST
from perito_edge.answers import references
from perito_edge.batch_models import BatchRequest
from perito_edge.costs import cost_of
from perito_edge.event_models import AnalysisEvent, Goodbye
from perito_edge.examples import NONE, example_of
from perito_edge.key_models import KeyRequest, RotateRequest
from perito_edge.key_rates import UpdateKeyRequest
from perito_edge.keys import METRICS_PATH, scope_of
from perito_edge.problems import MEDIA_TYPE, Problem
from perito_edge.request_models import AnalyzeRequest, CancelRequest, ExportRequest, Hints, RerunRequest
from perito_edge.review_models import DispositionRequest
from perito_edge.rule_models import CheckRuleRequest, CreateRuleRequest, UpdateRuleRequest
from perito_edge.webhook_models import CreateWebhookRequest, RotateSecretRequest, UpdateWebhookRequest

DESCRIPTION = """Upload the files of a retailer's books, have them examined, read what does not hold.

Every address but health needs an API key in `X-API-Key`. Every refusal is a problem document (RFC 9457) with a stable \
`reason`; another method than those described is refused with 405, and a parameter of the query that an operation does \
not have with 422. HEAD answers what GET would, without its body. Send an `Idempotency-Key` with every POST that takes \
one: repeated after a lost connection, the same request makes nothing twice. Every answer has `X-Request-Id`, which is \
also in the log, `Cache-Control` (`no-store`; results have `private, no-cache` and an `ETag`), and security headers \
that browsers follow (`Content-Security-Policy`, `X-Content-Type-Options`, `X-Frame-Options`, `Referrer-Policy`, \
`Permissions-Policy`, `Cross-Origin-Opener-Policy`, `Cross-Origin-Resource-Policy`). Text of 1 KiB and more is \
compressed with gzip for those whose `Accept-Encoding` takes it, and says so in `Content-Encoding` and `Vary`; streams \
of events never are, and exports where you send `Want-Unencoded-Digest`: they then have `Unencoded-Digest` in place of \
`Content-Digest`. A key has a quota a minute for each scope; an operation costs 1 of it or what `x-perito-cost` \
says, `RateLimit` in every answer says what is left, and what is over it is refused with 429 `RATE_LIMITED`, of which \
nothing was done."""

TAGS = {
    "health": "Whether the service can work; the one address without a key.",
    "datasets": "The files of one set of books, uploaded once and analysed as often as you like.",
    "analyses": "Submit an analysis, follow it to its end, read what it found.",
    "lists": "Analyses and findings, page by page.",
    "exports": "The report as a file.",
    "reviews": "What people hold findings and cases to be, and what differs between two analyses.",
    "mappings": "How files are read: which column holds what, and how sure that is.",
    "keys": "Keys of your tenant, made and ended by one that may, and who did what.",
    "catalogue": "What Perito looks for.",
    "rules": "Rules of your own: SQL over the same tables as Perito's, checked before it is kept.",
    "webhooks": "Events by HTTP: who is told of what, and what became of each delivery.",
    "operation": "What the server says of itself to those who run it.",
}
_KEY = {
    "type": "apiKey",
    "in": "header",
    "name": "X-API-Key",
    "description": "A key of one tenant. Scope `read` allows GET, `submit` POST and PUT, `rules` changes to your own "
    "rules, `metrics` the figures, `admin` keys, webhooks, the audit log and deleting; each operation names the one "
    "that it needs.",
}
_BEARER = {"type": "http", "scheme": "bearer", "description": "The same key, for what can send no other header."}
# Models of bodies that are read as they arrive, which the framework therefore does not see.
_BODIES: tuple[type[BaseModel], ...] = (
    *(Problem, AnalyzeRequest, BatchRequest, Hints, ExportRequest, CancelRequest),
    *(AnalysisEvent, Goodbye, KeyRequest, RotateRequest, UpdateKeyRequest, DispositionRequest, RerunRequest),
    *(CreateWebhookRequest, UpdateWebhookRequest, RotateSecretRequest),
    *(CreateRuleRequest, UpdateRuleRequest, CheckRuleRequest),
)


def _header(description: str, example: str | int, *, required: bool = False) -> dict[str, Any]:
    kind = "integer" if isinstance(example, int) else "string"
    return {"description": description, "required": required, "schema": {"type": kind}, "example": example}


HEADERS = {
    "X-Request-Id": _header(
        "The request's id, as in the log: yours where you sent one.", "5f0c2b6f5f3e4f7fa1a0c7a3b1d2e3f4", required=True
    ),
    "Retry-After": _header("Seconds after which to ask again.", 1, required=True),
    "RateLimit-Policy": _header(
        "The key's quota `q` of the scope in `w` seconds (draft-ietf-httpapi-ratelimit-headers-11).",
        '"read";q=100;w=60',
    ),
    "RateLimit": _header(
        "What is left of it, `r`, and the seconds `t` until the minute that is counted ends.", '"read";r=98;t=41'
    ),
    "WWW-Authenticate": _header("How to say who you are.", 'ApiKey realm="perito"', required=True),
    "Location": _header(
        "Where to read what was made.", "/api/forensic/analysis/7c9e6679-7425-40de-944b-e07fc1f90ae7", required=True
    ),
    "Idempotency-Replayed": _header("`true`: this is the answer that the first request with the key had.", "true"),
    "Content-Digest": _header(
        "SHA-256 of the bytes (RFC 9530).", "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:", required=True
    ),
    "ETag": _header("Names this answer: send it back as `If-None-Match`.", '"9f86d081884c7d659a2feaa0c55ad015"'),
    "Content-Disposition": _header(
        "The name to keep it under.", 'attachment; filename="perito-7c9e6679.json"', required=True
    ),
    "Content-Language": _header("Language of the page.", "en"),
    "X-Accel-Buffering": _header("Tells proxies to pass each event on at once.", "no"),
    "X-Total-Count": _header("Of CSV: the findings in it, all there are.", 4127),
    "Link": _header(
        "The next page; absent on the last one.", '</api/forensic/list?limit=50&cursor=WyI1ZjBj>; rel="next"'
    ),
    "Vary": _header("The headers of the request that the answer depends on.", "Accept-Language, Accept-Encoding"),
}

Document = dict[str, Any]
SUSPENDED: Document = {
    "type": "urn:perito:problem:tenant-suspended",
    "reason": "TENANT_SUSPENDED",
    "detail": "This tenant is suspended: ask whoever runs Perito for you. What was accepted goes on, and nothing is "
    "lost.",
}


def describe(app: FastAPI) -> None:
    """Completes `app.openapi()`, which is made once."""
    document = app.openapi()
    document["servers"] = [{"url": "/", "description": "The server that gave this description."}]
    document["tags"] = [{"name": name, "description": said} for name, said in TAGS.items()]
    parts: Document = document.setdefault("components", {})
    parts["securitySchemes"] = {"key": _KEY, "bearer": _BEARER}
    parts["headers"] = HEADERS
    schemas: Document = parts.setdefault("schemas", {})
    for model in _BODIES:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for schema in schemas.values():
        _tidy(schema)
    for path, method, operation in operations(document):
        _secure(operation, path, method)
        _say_parameters(operation, schemas)
        _say_refusals(operation)
        _say_headers(operation)
        _say_examples(operation, schemas)


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Path, method in lower case, and what is said of each operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _secure(operation: Document, path: str, method: str) -> None:
    scope = scope_of(path, method.upper())
    ways = ("key", "bearer") if path == METRICS_PATH else ("key",)
    operation["security"] = [{way: [] if scope == ANY_SCOPE else [scope]} for way in ways] if scope else []
    if scope == ANY_SCOPE:
        refusal = operation["responses"]["403"]["content"][MEDIA_TYPE]["example"]
        refusal.update(SUSPENDED)
        operation[COST] = cost = cost_of(operation["operationId"])
        operation["description"] += f"\n\nNeeds a key, whatever its scopes, and costs {cost} of its quota for `read`."
    elif scope:
        refusal = operation["responses"]["403"]["content"][MEDIA_TYPE]["example"]
        refusal["detail"] = f"This key lacks the scope `{scope}`: use one that has it."
        refusal["errors"] = [{"scope": scope}]
        operation[COST] = cost = cost_of(operation["operationId"])
        operation["description"] += f"\n\nNeeds a key with the scope `{scope}`, and costs {cost} of its quota a minute."


def _say_parameters(operation: Document, schemas: Document) -> None:
    """A parameter is there or not, it is never null; what is said of it stands beside its schema, once."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        some = [option for option in schema.pop("anyOf", []) if option.get("type") != "null"]
        schema.update(some[0] if some else {})
        schema.pop("description", None)
        _tidy(schema)
        example = example_of(schema, schemas)
        schema.pop("examples", None)
        if example is not NONE:
            parameter["example"] = example


def _say_refusals(operation: Document) -> None:
    """What has neither parameters nor a body (an id that is none is not there: 404) can only be given one too many."""
    checked = any(parameter["in"] != "path" for parameter in operation.get("parameters", ()))
    if not checked and "requestBody" not in operation:
        said = {"pointer": "query.page", "detail": "There is no such parameter. This address has none."}
        operation["responses"]["422"]["content"][MEDIA_TYPE]["example"]["errors"] = [said]


def _say_headers(operation: Document) -> None:
    replays = any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
    for status, response in operation["responses"].items():
        names = ["X-Request-Id"]
        if status in {"429", "503"}:
            names.append("Retry-After")
        if status == "401":
            names.append("WWW-Authenticate")
        elif operation["security"]:
            names += ["RateLimit-Policy", "RateLimit"]
        if replays and status.startswith("2"):
            names.append("Idempotency-Replayed")
        response["headers"] = {**response.get("headers", {}), **references(*names)}


def _say_examples(operation: Document, schemas: Document) -> None:
    contents = [response.get("content", {}) for response in operation["responses"].values()]
    for content in [*contents, operation.get("requestBody", {}).get("content", {})]:
        for media in content.values():
            media.pop("itemSchema", None)  # the framework's, for event streams; it is of OpenAPI 3.2, and this is 3.1
            example = NONE if "example" in media or "examples" in media else example_of(media["schema"], schemas)
            if example is not NONE:
                media["example"] = example


def _tidy(schema: Any) -> None:
    """Without the generator's titles, which repeat the names, and its null for what is absent."""
    if isinstance(schema, list):
        for part in schema:  # pyright: ignore[reportUnknownVariableType] -- any JSON value
            _tidy(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("title"), str):  # pyright: ignore[reportUnknownMemberType] -- as above
            del schema["title"]
        if schema.get("default", "") is None:  # pyright: ignore[reportUnknownMemberType] -- as above
            del schema["default"]
        # A property may be called as a word of the schema is.
        _tidy(list(schema.get("properties", {}).values()))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] -- as above
        for name, part in schema.items():  # pyright: ignore[reportUnknownVariableType] -- as above
            if name not in {"example", "examples", "default", "properties"}:
                _tidy(part)
