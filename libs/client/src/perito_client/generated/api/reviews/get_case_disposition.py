from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.disposition_answer import DispositionAnswer
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    analysis_id: UUID,
    fingerprint: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/analysis/{analysis_id}/cases/{fingerprint}/disposition".format(
            analysis_id=quote(str(analysis_id), safe=""),
            fingerprint=quote(str(fingerprint), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DispositionAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = DispositionAnswer.from_dict(response.json())

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
) -> Response[DispositionAnswer | Problem]:
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
) -> Response[DispositionAnswer | Problem]:
    """What a case is held to be

     As of a finding. A case bears the fingerprint of the finding that is its cause, as `case` of the
    report has it,
    and has words of its own. 404 for a finding that is no case of the report.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        fingerprint (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DispositionAnswer | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        fingerprint=fingerprint,
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
) -> DispositionAnswer | Problem | None:
    """What a case is held to be

     As of a finding. A case bears the fingerprint of the finding that is its cause, as `case` of the
    report has it,
    and has words of its own. 404 for a finding that is no case of the report.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        fingerprint (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DispositionAnswer | Problem
    """

    return sync_detailed(
        analysis_id=analysis_id,
        fingerprint=fingerprint,
        client=client,
    ).parsed


async def asyncio_detailed(
    analysis_id: UUID,
    fingerprint: str,
    *,
    client: AuthenticatedClient,
) -> Response[DispositionAnswer | Problem]:
    """What a case is held to be

     As of a finding. A case bears the fingerprint of the finding that is its cause, as `case` of the
    report has it,
    and has words of its own. 404 for a finding that is no case of the report.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        fingerprint (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DispositionAnswer | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        fingerprint=fingerprint,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    analysis_id: UUID,
    fingerprint: str,
    *,
    client: AuthenticatedClient,
) -> DispositionAnswer | Problem | None:
    """What a case is held to be

     As of a finding. A case bears the fingerprint of the finding that is its cause, as `case` of the
    report has it,
    and has words of its own. 404 for a finding that is no case of the report.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        fingerprint (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DispositionAnswer | Problem
    """

    return (
        await asyncio_detailed(
            analysis_id=analysis_id,
            fingerprint=fingerprint,
            client=client,
        )
    ).parsed
