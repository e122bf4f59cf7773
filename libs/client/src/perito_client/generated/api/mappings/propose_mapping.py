from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.hints import Hints
from ...models.mapping_proposal import MappingProposal
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    dataset_id: UUID,
    *,
    body: Hints | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/forensic/datasets/{dataset_id}/mapping".format(
            dataset_id=quote(str(dataset_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> MappingProposal | Problem | None:
    if response.status_code == 200:
        response_200 = MappingProposal.from_dict(response.json())

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
) -> Response[MappingProposal | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    body: Hints | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[MappingProposal | Problem]:
    """How the files of a dataset could be read

     Reads the files and proposes a mapping: every column with where it goes, how sure that is and why,
    and what only
    you can say. Keeps nothing; 503 with Retry-After where the machine is busy with analyses.

    Needs a key with the scope `submit`, and costs 5 of its quota a minute.

    Args:
        dataset_id (UUID):
        idempotency_key (str | Unset):
        body (Hints | Unset): What the files may not tell and you know. All of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MappingProposal | Problem]
    """

    kwargs = _get_kwargs(
        dataset_id=dataset_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    body: Hints | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> MappingProposal | Problem | None:
    """How the files of a dataset could be read

     Reads the files and proposes a mapping: every column with where it goes, how sure that is and why,
    and what only
    you can say. Keeps nothing; 503 with Retry-After where the machine is busy with analyses.

    Needs a key with the scope `submit`, and costs 5 of its quota a minute.

    Args:
        dataset_id (UUID):
        idempotency_key (str | Unset):
        body (Hints | Unset): What the files may not tell and you know. All of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MappingProposal | Problem
    """

    return sync_detailed(
        dataset_id=dataset_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    body: Hints | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[MappingProposal | Problem]:
    """How the files of a dataset could be read

     Reads the files and proposes a mapping: every column with where it goes, how sure that is and why,
    and what only
    you can say. Keeps nothing; 503 with Retry-After where the machine is busy with analyses.

    Needs a key with the scope `submit`, and costs 5 of its quota a minute.

    Args:
        dataset_id (UUID):
        idempotency_key (str | Unset):
        body (Hints | Unset): What the files may not tell and you know. All of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MappingProposal | Problem]
    """

    kwargs = _get_kwargs(
        dataset_id=dataset_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    dataset_id: UUID,
    *,
    client: AuthenticatedClient,
    body: Hints | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> MappingProposal | Problem | None:
    """How the files of a dataset could be read

     Reads the files and proposes a mapping: every column with where it goes, how sure that is and why,
    and what only
    you can say. Keeps nothing; 503 with Retry-After where the machine is busy with analyses.

    Needs a key with the scope `submit`, and costs 5 of its quota a minute.

    Args:
        dataset_id (UUID):
        idempotency_key (str | Unset):
        body (Hints | Unset): What the files may not tell and you know. All of it may be left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MappingProposal | Problem
    """

    return (
        await asyncio_detailed(
            dataset_id=dataset_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
