from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.own_rule_with_text import OwnRuleWithText
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    rule_id: str,
    *,
    version: int | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["version"] = version

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/rules/{rule_id}".format(
            rule_id=quote(str(rule_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> OwnRuleWithText | Problem | None:
    if response.status_code == 200:
        response_200 = OwnRuleWithText.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[OwnRuleWithText | Problem]:
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
    version: int | Unset = UNSET,
) -> Response[OwnRuleWithText | Problem]:
    """One rule of your own

     As it is now, with its text or an earlier one, and who sent which when.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        rule_id (str):
        version (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OwnRuleWithText | Problem]
    """

    kwargs = _get_kwargs(
        rule_id=rule_id,
        version=version,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    rule_id: str,
    *,
    client: AuthenticatedClient,
    version: int | Unset = UNSET,
) -> OwnRuleWithText | Problem | None:
    """One rule of your own

     As it is now, with its text or an earlier one, and who sent which when.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        rule_id (str):
        version (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OwnRuleWithText | Problem
    """

    return sync_detailed(
        rule_id=rule_id,
        client=client,
        version=version,
    ).parsed


async def asyncio_detailed(
    rule_id: str,
    *,
    client: AuthenticatedClient,
    version: int | Unset = UNSET,
) -> Response[OwnRuleWithText | Problem]:
    """One rule of your own

     As it is now, with its text or an earlier one, and who sent which when.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        rule_id (str):
        version (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OwnRuleWithText | Problem]
    """

    kwargs = _get_kwargs(
        rule_id=rule_id,
        version=version,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    rule_id: str,
    *,
    client: AuthenticatedClient,
    version: int | Unset = UNSET,
) -> OwnRuleWithText | Problem | None:
    """One rule of your own

     As it is now, with its text or an earlier one, and who sent which when.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        rule_id (str):
        version (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OwnRuleWithText | Problem
    """

    return (
        await asyncio_detailed(
            rule_id=rule_id,
            client=client,
            version=version,
        )
    ).parsed
