from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...types import Response, Unset


def _get_kwargs(
    analysis_id: UUID,
    *,
    if_none_match: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/analysis/{analysis_id}/mapping".format(
            analysis_id=quote(str(analysis_id), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Problem | None:
    if response.status_code == 200:
        response_200 = cast(Any, response.content)
        return response_200

    if response.status_code == 304:
        response_304 = cast(Any, None)
        return response_304

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    if_none_match: str | Unset = "",
) -> Response[Any | Problem]:
    """The mapping that an analysis used

     The mapping of the dataset, or the one that was proposed in its place: correct it and send it with
    the next
    upload.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    if_none_match: str | Unset = "",
) -> Any | Problem | None:
    """The mapping that an analysis used

     The mapping of the dataset, or the one that was proposed in its place: correct it and send it with
    the next
    upload.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return sync_detailed(
        analysis_id=analysis_id,
        client=client,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    if_none_match: str | Unset = "",
) -> Response[Any | Problem]:
    """The mapping that an analysis used

     The mapping of the dataset, or the one that was proposed in its place: correct it and send it with
    the next
    upload.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    if_none_match: str | Unset = "",
) -> Any | Problem | None:
    """The mapping that an analysis used

     The mapping of the dataset, or the one that was proposed in its place: correct it and send it with
    the next
    upload.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return (
        await asyncio_detailed(
            analysis_id=analysis_id,
            client=client,
            if_none_match=if_none_match,
        )
    ).parsed
