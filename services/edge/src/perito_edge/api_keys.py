"""`/keys`: the keys of a tenant, made, listed, replaced and ended by one of them."""

import re
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from perito.analysis.v1.keys_pb2 import CreateKeyRequest, ListKeysRequest, RotateKeyRequest
from perito_kernel.errors import NotFound

from perito_edge.answers import BODY_INVALID, problems, success
from perito_edge.api import part
from perito_edge.bodies import read_body
from perito_edge.key_models import (
    CurrentKey,
    Key,
    KeyRequest,
    KeysPage,
    KeysQuery,
    NewKey,
    RotatedKey,
    RotateRequest,
    key_view,
)
from perito_edge.key_rates import UpdateKeyRequest, asked_rates
from perito_edge.lists import in_words_of_the_query, link_to
from perito_edge.requests import Given, Parts, Who, dependency, require_json
from perito_edge.strict_json import parse
from perito_edge.submissions import validated

router = part("keys", "/keys")

_MOST_BYTES = 8192
_KEY_ID = re.compile(r"[0-9A-Za-z]{16}", re.ASCII)
_UNKNOWN = ("KEY_NOT_FOUND", "There is no such key. The list of keys has the ids, which are no secrets.")
_ENDED = ("KEY_ENDED", "This key is revoked: make a new one.")
_LAST = (
    "LAST_ADMIN_KEY",
    "This is the last key that may manage keys. Make another one with the scope `admin` first, or rotate this one.",
)
_MANY = ("KEYS_TOO_MANY", "A tenant has at most 1000 keys that work: revoke some first.")


def _body(model: str, *, required: bool) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
    return {"requestBody": {"required": required, "content": content}}


def _of_key_id(schema: dict[str, Any]) -> None:
    """Said here and checked below, with the answer of one that is not there."""
    schema.update(pattern="^[0-9A-Za-z]{16}$")


async def _key_id(
    key_id: Annotated[
        str,
        Path(
            description="Id of a key, as the list has it.",
            examples=["8sVbq2Zk0nXcT4aL"],
            json_schema_extra=_of_key_id,
        ),
    ],
) -> str:
    if not _KEY_ID.fullmatch(key_id):
        raise NotFound(*_UNKNOWN)
    return key_id


KeyId = Annotated[str, dependency(_key_id)]


@router.post(
    "",
    status_code=201,
    operation_id="create_key",
    summary="Make a key",
    responses=problems(400, 408, 413, 415, 429, examples={422: BODY_INVALID, 429: _MANY})
    | success(201, "The key, shown this once."),
    openapi_extra=_body("KeyRequest", required=True),
)
async def create_key(request: Request, given: Given, caller: Who) -> NewKey:
    """A key of your tenant, with scopes that your own key has. It cannot be shown again: if this answer is lost, revoke
    what the list shows and make another one.
    """
    require_json(request)
    asked = validated(KeyRequest, parse(await _read(request, given), given.settings.max_json_depth))
    wanted = CreateKeyRequest(name=asked.name, scopes=asked.scopes, expires_at=asked.expires_at)
    wanted.rates.update(asked_rates(asked.rates, given.settings))
    made = await given.keys.create(caller, wanted)
    return NewKey(**key_view(made.key).model_dump(), key=made.text)


@router.get(
    "",
    operation_id="list_keys",
    summary="Keys of the tenant, newest first",
    responses=problems() | success(200, "A page of keys.", "Link"),
)
async def list_keys(
    request: Request, response: Response, given: Given, caller: Who, query: Annotated[KeysQuery, Query()]
) -> KeysPage:
    """With their scopes, when they end and when they were last used; those that have ended stay in the list."""
    with in_words_of_the_query():
        page = await given.keys.page(caller, ListKeysRequest(page_size=query.limit, page_token=query.cursor))
    cursor = page.next_page_token or None
    link_to(request, response, cursor)
    return KeysPage(items=[key_view(key) for key in page.keys], next_cursor=cursor)


@router.get(
    "/current",
    operation_id="get_current_key",
    summary="What the key of this request is",
    responses=problems() | success(200, "The key that you sent, and its tenant."),
)
async def get_current_key(given: Given, caller: Who) -> CurrentKey:
    """Any key may ask what it is: whose, for what, and until when."""
    told = await given.keys.current(caller)
    return CurrentKey(**key_view(told.key).model_dump(), tenant_id=told.tenant_id, tenant_name=told.tenant_name)


@router.post(
    "/{key_id}/rotate",
    status_code=201,
    operation_id="rotate_key",
    summary="Replace a key",
    responses=problems(
        *(400, 404, 408, 409, 413, 415, 429),
        examples={404: _UNKNOWN, 409: _ENDED, 422: BODY_INVALID, 429: _MANY},
    )
    | success(201, "The new key, shown this once, and the old one."),
    openapi_extra=_body("RotateRequest", required=False),
)
async def rotate_key(request: Request, given: Given, caller: Who, key_id: KeyId) -> RotatedKey:
    """A new key with the name and the scopes of the old one, which goes on for `overlap_seconds` (a day, unless you say
    otherwise), so that whoever uses it has time to change. Your key needs every scope of it.
    """
    body = await _read(request, given)
    asked = RotateRequest()
    if body:
        require_json(request)
        asked = validated(RotateRequest, parse(body, given.settings.max_json_depth))
    wanted = RotateKeyRequest(key_id=key_id, overlap_seconds=asked.overlap_seconds, expires_at=asked.expires_at)
    made = await given.keys.rotate(caller, wanted)
    return RotatedKey(**key_view(made.key).model_dump(), key=made.text, replaced=key_view(made.replaced))


@router.patch(
    "/{key_id}",
    operation_id="update_key",
    summary="Give a key quotas of its own",
    responses=problems(
        *(400, 404, 408, 409, 413, 415),
        examples={404: _UNKNOWN, 409: _ENDED, 422: BODY_INVALID},
    )
    | success(200, "The key, as it is now."),
    openapi_extra=_body("UpdateKeyRequest", required=True),
)
async def update_key(request: Request, given: Given, caller: Who, key_id: KeyId) -> Key:
    """How many requests a minute it may make, by scope, where that is not what this deployment gives every key. Every
    edge counts so within five seconds.
    """
    require_json(request)
    asked = validated(UpdateKeyRequest, parse(await _read(request, given), given.settings.max_json_depth))
    return key_view((await given.keys.set_rates(caller, key_id, asked_rates(asked.rates, given.settings))).key)


@router.delete(
    "/{key_id}",
    operation_id="revoke_key",
    summary="End a key for good",
    responses=problems(404, 409, examples={404: _UNKNOWN, 409: _LAST}) | success(200, "The key, ended."),
)
async def revoke_key(given: Given, caller: Who, key_id: KeyId) -> Key:
    """Refused everywhere within five seconds; event streams that it holds open end too. One that has ended answers
    again. The last key that may manage keys is not ended.
    """
    return key_view((await given.keys.revoke(caller, key_id)).key)


async def _read(request: Request, given: Parts) -> bytes:
    return await read_body(request, _MOST_BYTES, given.settings.body_idle_seconds)
