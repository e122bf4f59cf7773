from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.health import Health
from ...models.health_probe import HealthProbe
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    probe: HealthProbe | Unset = "ready",
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_probe: str | Unset = UNSET
    if not isinstance(probe, Unset):
        json_probe = probe

    params["probe"] = json_probe

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/health",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Health | Problem | None:
    if response.status_code == 200:
        response_200 = Health.from_dict(response.json())

        return response_200

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 431:
        response_431 = Problem.from_dict(response.json())

        return response_431

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Health.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Health | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    probe: HealthProbe | Unset = "ready",
) -> Response[Health | Problem]:
    """Whether the service is alive and can work

     200 where analyses can be submitted, 503 where not.

    Args:
        probe (HealthProbe | Unset):  Default: 'ready'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Health | Problem]
    """

    kwargs = _get_kwargs(
        probe=probe,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    probe: HealthProbe | Unset = "ready",
) -> Health | Problem | None:
    """Whether the service is alive and can work

     200 where analyses can be submitted, 503 where not.

    Args:
        probe (HealthProbe | Unset):  Default: 'ready'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Health | Problem
    """

    return sync_detailed(
        client=client,
        probe=probe,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    probe: HealthProbe | Unset = "ready",
) -> Response[Health | Problem]:
    """Whether the service is alive and can work

     200 where analyses can be submitted, 503 where not.

    Args:
        probe (HealthProbe | Unset):  Default: 'ready'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Health | Problem]
    """

    kwargs = _get_kwargs(
        probe=probe,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    probe: HealthProbe | Unset = "ready",
) -> Health | Problem | None:
    """Whether the service is alive and can work

     200 where analyses can be submitted, 503 where not.

    Args:
        probe (HealthProbe | Unset):  Default: 'ready'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Health | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            probe=probe,
        )
    ).parsed
