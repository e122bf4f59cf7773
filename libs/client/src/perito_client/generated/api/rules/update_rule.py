from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.own_rule import OwnRule
from ...models.problem import Problem
from ...models.update_rule_request import UpdateRuleRequest
from ...types import Response


def _get_kwargs(
    rule_id: str,
    *,
    body: UpdateRuleRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/forensic/rules/{rule_id}".format(
            rule_id=quote(str(rule_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OwnRule | Problem | None:
    if response.status_code == 200:
        response_200 = OwnRule.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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
    rule_id: str,
    *,
    client: AuthenticatedClient,
    body: UpdateRuleRequest,
) -> Response[OwnRule | Problem]:
    """Change a rule of your own

     Changes what the body has and leaves the rest. Another text becomes another version, once it is
    checked; analyses
    that are accepted already keep the text that they were accepted with.

    Needs a key with the scope `rules`, and costs 5 of its quota a minute.

    Args:
        rule_id (str):
        body (UpdateRuleRequest): What is given is changed.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OwnRule | Problem]
    """

    kwargs = _get_kwargs(
        rule_id=rule_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    rule_id: str,
    *,
    client: AuthenticatedClient,
    body: UpdateRuleRequest,
) -> OwnRule | Problem | None:
    """Change a rule of your own

     Changes what the body has and leaves the rest. Another text becomes another version, once it is
    checked; analyses
    that are accepted already keep the text that they were accepted with.

    Needs a key with the scope `rules`, and costs 5 of its quota a minute.

    Args:
        rule_id (str):
        body (UpdateRuleRequest): What is given is changed.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OwnRule | Problem
    """

    return sync_detailed(
        rule_id=rule_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    rule_id: str,
    *,
    client: AuthenticatedClient,
    body: UpdateRuleRequest,
) -> Response[OwnRule | Problem]:
    """Change a rule of your own

     Changes what the body has and leaves the rest. Another text becomes another version, once it is
    checked; analyses
    that are accepted already keep the text that they were accepted with.

    Needs a key with the scope `rules`, and costs 5 of its quota a minute.

    Args:
        rule_id (str):
        body (UpdateRuleRequest): What is given is changed.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OwnRule | Problem]
    """

    kwargs = _get_kwargs(
        rule_id=rule_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    rule_id: str,
    *,
    client: AuthenticatedClient,
    body: UpdateRuleRequest,
) -> OwnRule | Problem | None:
    """Change a rule of your own

     Changes what the body has and leaves the rest. Another text becomes another version, once it is
    checked; analyses
    that are accepted already keep the text that they were accepted with.

    Needs a key with the scope `rules`, and costs 5 of its quota a minute.

    Args:
        rule_id (str):
        body (UpdateRuleRequest): What is given is changed.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OwnRule | Problem
    """

    return (
        await asyncio_detailed(
            rule_id=rule_id,
            client=client,
            body=body,
        )
    ).parsed
