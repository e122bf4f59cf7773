from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.rotate_request import RotateRequest
from ...models.rotated_key import RotatedKey
from ...types import UNSET, Response, Unset


def _get_kwargs(
    key_id: str,
    *,
    body: RotateRequest | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/forensic/keys/{key_id}/rotate".format(
            key_id=quote(str(key_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | RotatedKey | None:
    if response.status_code == 201:
        response_201 = RotatedKey.from_dict(response.json())

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | RotatedKey]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    key_id: str,
    *,
    client: AuthenticatedClient,
    body: RotateRequest | Unset = UNSET,
) -> Response[Problem | RotatedKey]:
    """Replace a key

     A new key with the name and the scopes of the old one, which goes on for `overlap_seconds` (a day,
    unless you say
    otherwise), so that whoever uses it has time to change. Your key needs every scope of it.

    Needs a key with the scope `admin`, and costs 1 of its quota a minute.

    Args:
        key_id (str):
        body (RotateRequest | Unset): How a key is replaced; all of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | RotatedKey]
    """

    kwargs = _get_kwargs(
        key_id=key_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    key_id: str,
    *,
    client: AuthenticatedClient,
    body: RotateRequest | Unset = UNSET,
) -> Problem | RotatedKey | None:
    """Replace a key

     A new key with the name and the scopes of the old one, which goes on for `overlap_seconds` (a day,
    unless you say
    otherwise), so that whoever uses it has time to change. Your key needs every scope of it.

    Needs a key with the scope `admin`, and costs 1 of its quota a minute.

    Args:
        key_id (str):
        body (RotateRequest | Unset): How a key is replaced; all of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | RotatedKey
    """

    return sync_detailed(
        key_id=key_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    key_id: str,
    *,
    client: AuthenticatedClient,
    body: RotateRequest | Unset = UNSET,
) -> Response[Problem | RotatedKey]:
    """Replace a key

     A new key with the name and the scopes of the old one, which goes on for `overlap_seconds` (a day,
    unless you say
    otherwise), so that whoever uses it has time to change. Your key needs every scope of it.

    Needs a key with the scope `admin`, and costs 1 of its quota a minute.

    Args:
        key_id (str):
        body (RotateRequest | Unset): How a key is replaced; all of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | RotatedKey]
    """

    kwargs = _get_kwargs(
        key_id=key_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    key_id: str,
    *,
    client: AuthenticatedClient,
    body: RotateRequest | Unset = UNSET,
) -> Problem | RotatedKey | None:
    """Replace a key

     A new key with the name and the scopes of the old one, which goes on for `overlap_seconds` (a day,
    unless you say
    otherwise), so that whoever uses it has time to change. Your key needs every scope of it.

    Needs a key with the scope `admin`, and costs 1 of its quota a minute.

    Args:
        key_id (str):
        body (RotateRequest | Unset): How a key is replaced; all of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | RotatedKey
    """

    return (
        await asyncio_detailed(
            key_id=key_id,
            client=client,
            body=body,
        )
    ).parsed
