from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.analyses_page import AnalysesPage
from ...models.analysis_status import AnalysisStatus
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = "",
    status: list[AnalysisStatus] | Unset = UNSET,
    dataset_id: str | Unset = "",
    name: str | Unset = "",
    submitted_from: str | Unset = "",
    submitted_before: str | Unset = "",
    limit: int | Unset = 50,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    json_status: list[str] | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = []
        for status_item_data in status:
            status_item: str = status_item_data
            json_status.append(status_item)

    params["status"] = json_status

    params["dataset_id"] = dataset_id

    params["name"] = name

    params["submitted_from"] = submitted_from

    params["submitted_before"] = submitted_before

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/list",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> AnalysesPage | Problem | None:
    if response.status_code == 200:
        response_200 = AnalysesPage.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

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
) -> Response[AnalysesPage | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = "",
    status: list[AnalysisStatus] | Unset = UNSET,
    dataset_id: str | Unset = "",
    name: str | Unset = "",
    submitted_from: str | Unset = "",
    submitted_before: str | Unset = "",
    limit: int | Unset = 50,
) -> Response[AnalysesPage | Problem]:
    """Analyses, newest first

     The tenant's analyses. What is submitted meanwhile moves no page that follows.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        cursor (str | Unset):  Default: ''.
        status (list[AnalysisStatus] | Unset):
        dataset_id (str | Unset):  Default: ''.
        name (str | Unset):  Default: ''.
        submitted_from (str | Unset):  Default: ''.
        submitted_before (str | Unset):  Default: ''.
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnalysesPage | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        status=status,
        dataset_id=dataset_id,
        name=name,
        submitted_from=submitted_from,
        submitted_before=submitted_before,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = "",
    status: list[AnalysisStatus] | Unset = UNSET,
    dataset_id: str | Unset = "",
    name: str | Unset = "",
    submitted_from: str | Unset = "",
    submitted_before: str | Unset = "",
    limit: int | Unset = 50,
) -> AnalysesPage | Problem | None:
    """Analyses, newest first

     The tenant's analyses. What is submitted meanwhile moves no page that follows.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        cursor (str | Unset):  Default: ''.
        status (list[AnalysisStatus] | Unset):
        dataset_id (str | Unset):  Default: ''.
        name (str | Unset):  Default: ''.
        submitted_from (str | Unset):  Default: ''.
        submitted_before (str | Unset):  Default: ''.
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnalysesPage | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        status=status,
        dataset_id=dataset_id,
        name=name,
        submitted_from=submitted_from,
        submitted_before=submitted_before,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = "",
    status: list[AnalysisStatus] | Unset = UNSET,
    dataset_id: str | Unset = "",
    name: str | Unset = "",
    submitted_from: str | Unset = "",
    submitted_before: str | Unset = "",
    limit: int | Unset = 50,
) -> Response[AnalysesPage | Problem]:
    """Analyses, newest first

     The tenant's analyses. What is submitted meanwhile moves no page that follows.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        cursor (str | Unset):  Default: ''.
        status (list[AnalysisStatus] | Unset):
        dataset_id (str | Unset):  Default: ''.
        name (str | Unset):  Default: ''.
        submitted_from (str | Unset):  Default: ''.
        submitted_before (str | Unset):  Default: ''.
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnalysesPage | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        status=status,
        dataset_id=dataset_id,
        name=name,
        submitted_from=submitted_from,
        submitted_before=submitted_before,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = "",
    status: list[AnalysisStatus] | Unset = UNSET,
    dataset_id: str | Unset = "",
    name: str | Unset = "",
    submitted_from: str | Unset = "",
    submitted_before: str | Unset = "",
    limit: int | Unset = 50,
) -> AnalysesPage | Problem | None:
    """Analyses, newest first

     The tenant's analyses. What is submitted meanwhile moves no page that follows.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        cursor (str | Unset):  Default: ''.
        status (list[AnalysisStatus] | Unset):
        dataset_id (str | Unset):  Default: ''.
        name (str | Unset):  Default: ''.
        submitted_from (str | Unset):  Default: ''.
        submitted_before (str | Unset):  Default: ''.
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnalysesPage | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            status=status,
            dataset_id=dataset_id,
            name=name,
            submitted_from=submitted_from,
            submitted_before=submitted_before,
            limit=limit,
        )
    ).parsed
