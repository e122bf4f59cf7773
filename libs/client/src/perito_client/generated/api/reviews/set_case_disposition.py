from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.disposition import Disposition
from ...models.disposition_request import DispositionRequest
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    analysis_id: UUID,
    fingerprint: str,
    *,
    body: DispositionRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/forensic/analysis/{analysis_id}/cases/{fingerprint}/disposition".format(
            analysis_id=quote(str(analysis_id), safe=""),
            fingerprint=quote(str(fingerprint), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Disposition | Problem | None:
    if response.status_code == 200:
        response_200 = Disposition.from_dict(response.json())

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Disposition | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    analysis_id: UUID,
    fingerprint: str,
    *,
    client: AuthenticatedClient,
    body: DispositionRequest,
) -> Response[Disposition | Problem]:
    """Say what a case is

     As of a finding. What is said of a case says nothing of the findings in it. 404 for a finding that
    is no case of
    the report: what a case explains is marked as a finding.

    Needs a key with the scope `submit`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        fingerprint (str):
        body (DispositionRequest): What a finding or a case is.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Disposition | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        fingerprint=fingerprint,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    analysis_id: UUID,
    fingerprint: str,
    *,
    client: AuthenticatedClient,
    body: DispositionRequest,
) -> Disposition | Problem | None:
    """Say what a case is

     As of a finding. What is said of a case says nothing of the findings in it. 404 for a finding that
    is no case of
    the report: what a case explains is marked as a finding.

    Needs a key with the scope `submit`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        fingerprint (str):
        body (DispositionRequest): What a finding or a case is.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Disposition | Problem
    """

    return sync_detailed(
        analysis_id=analysis_id,
        fingerprint=fingerprint,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    analysis_id: UUID,
    fingerprint: str,
    *,
    client: AuthenticatedClient,
    body: DispositionRequest,
) -> Response[Disposition | Problem]:
    """Say what a case is

     As of a finding. What is said of a case says nothing of the findings in it. 404 for a finding that
    is no case of
    the report: what a case explains is marked as a finding.

    Needs a key with the scope `submit`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        fingerprint (str):
        body (DispositionRequest): What a finding or a case is.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Disposition | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        fingerprint=fingerprint,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    analysis_id: UUID,
    fingerprint: str,
    *,
    client: AuthenticatedClient,
    body: DispositionRequest,
) -> Disposition | Problem | None:
    """Say what a case is

     As of a finding. What is said of a case says nothing of the findings in it. 404 for a finding that
    is no case of
    the report: what a case explains is marked as a finding.

    Needs a key with the scope `submit`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        fingerprint (str):
        body (DispositionRequest): What a finding or a case is.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Disposition | Problem
    """

    return (
        await asyncio_detailed(
            analysis_id=analysis_id,
            fingerprint=fingerprint,
            client=client,
            body=body,
        )
    ).parsed
