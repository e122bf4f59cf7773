from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.create_rule_request import CreateRuleRequest
from ...models.own_rule import OwnRule
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: CreateRuleRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/forensic/rules",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OwnRule | Problem | None:
    if response.status_code == 201:
        response_201 = OwnRule.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())

        return response_408

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 431:
        response_431 = Problem.from_dict(response.json())

        return response_431

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[OwnRule | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateRuleRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[OwnRule | Problem]:
    """Keep a rule of your own

     The text is checked first. One that is refused is not kept, and `errors` says for each place the
    line, the
    character and what to write instead. Every analysis that is accepted from now on runs the rule.

    Needs a key with the scope `rules`, and costs 5 of its quota a minute.

    Args:
        idempotency_key (str | Unset):
        body (CreateRuleRequest): A rule to keep.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OwnRule | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: CreateRuleRequest,
    idempotency_key: str | Unset = UNSET,
) -> OwnRule | Problem | None:
    """Keep a rule of your own

     The text is checked first. One that is refused is not kept, and `errors` says for each place the
    line, the
    character and what to write instead. Every analysis that is accepted from now on runs the rule.

    Needs a key with the scope `rules`, and costs 5 of its quota a minute.

    Args:
        idempotency_key (str | Unset):
        body (CreateRuleRequest): A rule to keep.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OwnRule | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateRuleRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[OwnRule | Problem]:
    """Keep a rule of your own

     The text is checked first. One that is refused is not kept, and `errors` says for each place the
    line, the
    character and what to write instead. Every analysis that is accepted from now on runs the rule.

    Needs a key with the scope `rules`, and costs 5 of its quota a minute.

    Args:
        idempotency_key (str | Unset):
        body (CreateRuleRequest): A rule to keep.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OwnRule | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: CreateRuleRequest,
    idempotency_key: str | Unset = UNSET,
) -> OwnRule | Problem | None:
    """Keep a rule of your own

     The text is checked first. One that is refused is not kept, and `errors` says for each place the
    line, the
    character and what to write instead. Every analysis that is accepted from now on runs the rule.

    Needs a key with the scope `rules`, and costs 5 of its quota a minute.

    Args:
        idempotency_key (str | Unset):
        body (CreateRuleRequest): A rule to keep.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OwnRule | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
