from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.cancel_request import CancelRequest
from ...models.problem import Problem
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    analysis_id: UUID,
    *,
    body: CancelRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/forensic/analysis/{analysis_id}/cancel".format(
            analysis_id=quote(str(analysis_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Status | None:
    if response.status_code == 200:
        response_200 = Status.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Status]:
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
    body: CancelRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | Status]:
    """End an analysis early

     Its compute stops at once; what phases that had completed found stays readable. Cancelled again, it
    answers as
    before and keeps its first reason; 409 where it completed or failed before.

    Needs a key with the scope `submit`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        idempotency_key (str | Unset):
        body (CancelRequest | Unset): Why; may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Status]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    body: CancelRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Problem | Status | None:
    """End an analysis early

     Its compute stops at once; what phases that had completed found stays readable. Cancelled again, it
    answers as
    before and keeps its first reason; 409 where it completed or failed before.

    Needs a key with the scope `submit`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        idempotency_key (str | Unset):
        body (CancelRequest | Unset): Why; may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Status
    """

    return sync_detailed(
        analysis_id=analysis_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    body: CancelRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | Status]:
    """End an analysis early

     Its compute stops at once; what phases that had completed found stays readable. Cancelled again, it
    answers as
    before and keeps its first reason; 409 where it completed or failed before.

    Needs a key with the scope `submit`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        idempotency_key (str | Unset):
        body (CancelRequest | Unset): Why; may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Status]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    body: CancelRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Problem | Status | None:
    """End an analysis early

     Its compute stops at once; what phases that had completed found stays readable. Cancelled again, it
    answers as
    before and keeps its first reason; 409 where it completed or failed before.

    Needs a key with the scope `submit`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        idempotency_key (str | Unset):
        body (CancelRequest | Unset): Why; may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Status
    """

    return (
        await asyncio_detailed(
            analysis_id=analysis_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
