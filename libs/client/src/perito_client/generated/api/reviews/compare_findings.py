from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.change import Change
from ...models.finding_differences import FindingDifferences
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    before: UUID,
    after: UUID,
    change: list[Change] | Unset = UNSET,
    rule: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = "",
    if_none_match: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    params: dict[str, Any] = {}

    json_before = str(before)
    params["before"] = json_before

    json_after = str(after)
    params["after"] = json_after

    json_change: list[str] | Unset = UNSET
    if not isinstance(change, Unset):
        json_change = []
        for change_item_data in change:
            change_item: str = change_item_data
            json_change.append(change_item)

    params["change"] = json_change

    json_rule: list[str] | Unset = UNSET
    if not isinstance(rule, Unset):
        json_rule = rule

    params["rule"] = json_rule

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/compare/findings",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | FindingDifferences | Problem | None:
    if response.status_code == 200:
        response_200 = FindingDifferences.from_dict(response.json())

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | FindingDifferences | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    before: UUID,
    after: UUID,
    change: list[Change] | Unset = UNSET,
    rule: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = "",
    if_none_match: str | Unset = "",
) -> Response[Any | FindingDifferences | Problem]:
    """Findings that differ between two analyses

     New, gone and changed, each by priority. Lists keep at most 1,000 findings of a rule; where there
    are more,
    `capped` names the rule with its true numbers, and what seems new or gone of it is not `certain`.

    Needs a key with the scope `read`, and costs 2 of its quota a minute.

    Args:
        before (UUID):
        after (UUID):
        change (list[Change] | Unset):
        rule (list[str] | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):  Default: ''.
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | FindingDifferences | Problem]
    """

    kwargs = _get_kwargs(
        before=before,
        after=after,
        change=change,
        rule=rule,
        limit=limit,
        cursor=cursor,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    before: UUID,
    after: UUID,
    change: list[Change] | Unset = UNSET,
    rule: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = "",
    if_none_match: str | Unset = "",
) -> Any | FindingDifferences | Problem | None:
    """Findings that differ between two analyses

     New, gone and changed, each by priority. Lists keep at most 1,000 findings of a rule; where there
    are more,
    `capped` names the rule with its true numbers, and what seems new or gone of it is not `certain`.

    Needs a key with the scope `read`, and costs 2 of its quota a minute.

    Args:
        before (UUID):
        after (UUID):
        change (list[Change] | Unset):
        rule (list[str] | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):  Default: ''.
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | FindingDifferences | Problem
    """

    return sync_detailed(
        client=client,
        before=before,
        after=after,
        change=change,
        rule=rule,
        limit=limit,
        cursor=cursor,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    before: UUID,
    after: UUID,
    change: list[Change] | Unset = UNSET,
    rule: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = "",
    if_none_match: str | Unset = "",
) -> Response[Any | FindingDifferences | Problem]:
    """Findings that differ between two analyses

     New, gone and changed, each by priority. Lists keep at most 1,000 findings of a rule; where there
    are more,
    `capped` names the rule with its true numbers, and what seems new or gone of it is not `certain`.

    Needs a key with the scope `read`, and costs 2 of its quota a minute.

    Args:
        before (UUID):
        after (UUID):
        change (list[Change] | Unset):
        rule (list[str] | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):  Default: ''.
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | FindingDifferences | Problem]
    """

    kwargs = _get_kwargs(
        before=before,
        after=after,
        change=change,
        rule=rule,
        limit=limit,
        cursor=cursor,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    before: UUID,
    after: UUID,
    change: list[Change] | Unset = UNSET,
    rule: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = "",
    if_none_match: str | Unset = "",
) -> Any | FindingDifferences | Problem | None:
    """Findings that differ between two analyses

     New, gone and changed, each by priority. Lists keep at most 1,000 findings of a rule; where there
    are more,
    `capped` names the rule with its true numbers, and what seems new or gone of it is not `certain`.

    Needs a key with the scope `read`, and costs 2 of its quota a minute.

    Args:
        before (UUID):
        after (UUID):
        change (list[Change] | Unset):
        rule (list[str] | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):  Default: ''.
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | FindingDifferences | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            before=before,
            after=after,
            change=change,
            rule=rule,
            limit=limit,
            cursor=cursor,
            if_none_match=if_none_match,
        )
    ).parsed
