from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.catalogue import Catalogue
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    phase: list[str] | Unset = UNSET,
    if_none_match: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    params: dict[str, Any] = {}

    json_phase: list[str] | Unset = UNSET
    if not isinstance(phase, Unset):
        json_phase = phase

    params["phase"] = json_phase

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/catalogue",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | Catalogue | Problem | None:
    if response.status_code == 200:
        response_200 = Catalogue.from_dict(response.json())

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
) -> Response[Any | Catalogue | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    phase: list[str] | Unset = UNSET,
    if_none_match: str | Unset = "",
) -> Response[Any | Catalogue | Problem]:
    """The rules, with their parameters

     Which rules there are, what each holds to be wrong, which columns it needs, and what of it an
    analysis may set.
    The same for every tenant, and the same until a service is updated; a phase that does not answer is
    named in
    `unavailable`, and `/rules` has those of your own.

    Needs a key with the scope `read`, and costs 2 of its quota a minute.

    Args:
        phase (list[str] | Unset):
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Catalogue | Problem]
    """

    kwargs = _get_kwargs(
        phase=phase,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    phase: list[str] | Unset = UNSET,
    if_none_match: str | Unset = "",
) -> Any | Catalogue | Problem | None:
    """The rules, with their parameters

     Which rules there are, what each holds to be wrong, which columns it needs, and what of it an
    analysis may set.
    The same for every tenant, and the same until a service is updated; a phase that does not answer is
    named in
    `unavailable`, and `/rules` has those of your own.

    Needs a key with the scope `read`, and costs 2 of its quota a minute.

    Args:
        phase (list[str] | Unset):
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Catalogue | Problem
    """

    return sync_detailed(
        client=client,
        phase=phase,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    phase: list[str] | Unset = UNSET,
    if_none_match: str | Unset = "",
) -> Response[Any | Catalogue | Problem]:
    """The rules, with their parameters

     Which rules there are, what each holds to be wrong, which columns it needs, and what of it an
    analysis may set.
    The same for every tenant, and the same until a service is updated; a phase that does not answer is
    named in
    `unavailable`, and `/rules` has those of your own.

    Needs a key with the scope `read`, and costs 2 of its quota a minute.

    Args:
        phase (list[str] | Unset):
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Catalogue | Problem]
    """

    kwargs = _get_kwargs(
        phase=phase,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    phase: list[str] | Unset = UNSET,
    if_none_match: str | Unset = "",
) -> Any | Catalogue | Problem | None:
    """The rules, with their parameters

     Which rules there are, what each holds to be wrong, which columns it needs, and what of it an
    analysis may set.
    The same for every tenant, and the same until a service is updated; a phase that does not answer is
    named in
    `unavailable`, and `/rules` has those of your own.

    Needs a key with the scope `read`, and costs 2 of its quota a minute.

    Args:
        phase (list[str] | Unset):
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Catalogue | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            phase=phase,
            if_none_match=if_none_match,
        )
    ).parsed
