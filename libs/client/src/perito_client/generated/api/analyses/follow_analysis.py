from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    analysis_id: UUID,
    *,
    after: int | Unset = 0,
    last_event_id: int | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["Last-Event-ID"] = str(last_event_id)

    params: dict[str, Any] = {}

    params["after"] = after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/analysis/{analysis_id}/events".format(
            analysis_id=quote(str(analysis_id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Problem | None:
    if response.status_code == 200:
        response_200 = cast(Any, response.content)
        return response_200

    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

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
    after: int | Unset = 0,
    last_event_id: int | Unset = UNSET,
) -> Response[Any | Problem]:
    """Follow an analysis as it runs

     Every event from the first, or after the one that you name, each with its number as `id`; in between
    `progress`
    without one. Ends after the event that ends the analysis. Ends with `bye` where the server has to
    end it, or your
    key is refused meanwhile: come back with the last number, and nothing is missing or told twice.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        after (int | Unset):  Default: 0.
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        after=after,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    after: int | Unset = 0,
    last_event_id: int | Unset = UNSET,
) -> Any | Problem | None:
    """Follow an analysis as it runs

     Every event from the first, or after the one that you name, each with its number as `id`; in between
    `progress`
    without one. Ends after the event that ends the analysis. Ends with `bye` where the server has to
    end it, or your
    key is refused meanwhile: come back with the last number, and nothing is missing or told twice.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        after (int | Unset):  Default: 0.
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return sync_detailed(
        analysis_id=analysis_id,
        client=client,
        after=after,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    after: int | Unset = 0,
    last_event_id: int | Unset = UNSET,
) -> Response[Any | Problem]:
    """Follow an analysis as it runs

     Every event from the first, or after the one that you name, each with its number as `id`; in between
    `progress`
    without one. Ends after the event that ends the analysis. Ends with `bye` where the server has to
    end it, or your
    key is refused meanwhile: come back with the last number, and nothing is missing or told twice.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        after (int | Unset):  Default: 0.
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        after=after,
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    after: int | Unset = 0,
    last_event_id: int | Unset = UNSET,
) -> Any | Problem | None:
    """Follow an analysis as it runs

     Every event from the first, or after the one that you name, each with its number as `id`; in between
    `progress`
    without one. Ends after the event that ends the analysis. Ends with `bye` where the server has to
    end it, or your
    key is refused meanwhile: come back with the last number, and nothing is missing or told twice.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        after (int | Unset):  Default: 0.
        last_event_id (int | Unset):

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
            after=after,
            last_event_id=last_event_id,
        )
    ).parsed
