from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.accepted import Accepted
from ...models.problem import Problem
from ...models.rerun_request import RerunRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    analysis_id: UUID,
    *,
    body: RerunRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/forensic/analysis/{analysis_id}/rerun".format(
            analysis_id=quote(str(analysis_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Accepted | Problem | None:
    if response.status_code == 202:
        response_202 = Accepted.from_dict(response.json())

        return response_202

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Accepted | Problem]:
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
    body: RerunRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Accepted | Problem]:
    """Analyse the same books again

     A new analysis of the dataset of an earlier one, by the rules of today: with what the body changes,
    and the rest
    as it was. Its status names the earlier one in `rerun_of`, and `/compare` says what came of the
    change.

    Needs a key with the scope `submit`, and costs 5 of its quota a minute.

    Args:
        analysis_id (UUID):
        idempotency_key (str | Unset):
        body (RerunRequest | Unset): What is to be different; all of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Accepted | Problem]
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
    body: RerunRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Accepted | Problem | None:
    """Analyse the same books again

     A new analysis of the dataset of an earlier one, by the rules of today: with what the body changes,
    and the rest
    as it was. Its status names the earlier one in `rerun_of`, and `/compare` says what came of the
    change.

    Needs a key with the scope `submit`, and costs 5 of its quota a minute.

    Args:
        analysis_id (UUID):
        idempotency_key (str | Unset):
        body (RerunRequest | Unset): What is to be different; all of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Accepted | Problem
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
    body: RerunRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Accepted | Problem]:
    """Analyse the same books again

     A new analysis of the dataset of an earlier one, by the rules of today: with what the body changes,
    and the rest
    as it was. Its status names the earlier one in `rerun_of`, and `/compare` says what came of the
    change.

    Needs a key with the scope `submit`, and costs 5 of its quota a minute.

    Args:
        analysis_id (UUID):
        idempotency_key (str | Unset):
        body (RerunRequest | Unset): What is to be different; all of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Accepted | Problem]
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
    body: RerunRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Accepted | Problem | None:
    """Analyse the same books again

     A new analysis of the dataset of an earlier one, by the rules of today: with what the body changes,
    and the rest
    as it was. Its status names the earlier one in `rerun_of`, and `/compare` says what came of the
    change.

    Needs a key with the scope `submit`, and costs 5 of its quota a minute.

    Args:
        analysis_id (UUID):
        idempotency_key (str | Unset):
        body (RerunRequest | Unset): What is to be different; all of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Accepted | Problem
    """

    return (
        await asyncio_detailed(
            analysis_id=analysis_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
