from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.disposition_status import DispositionStatus
from ...models.findings_page import FindingsPage
from ...models.problem import Problem
from ...models.severity import Severity
from ...types import UNSET, Response, Unset


def _get_kwargs(
    analysis_id: UUID,
    *,
    cursor: str | Unset = "",
    rule: list[str] | Unset = UNSET,
    phase: list[str] | Unset = UNSET,
    severity: list[Severity] | Unset = UNSET,
    fingerprint: str | Unset = "",
    disposition: list[DispositionStatus] | Unset = UNSET,
    limit: int | Unset = 100,
    if_none_match: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_none_match, Unset):
        headers["If-None-Match"] = if_none_match

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    json_rule: list[str] | Unset = UNSET
    if not isinstance(rule, Unset):
        json_rule = rule

    params["rule"] = json_rule

    json_phase: list[str] | Unset = UNSET
    if not isinstance(phase, Unset):
        json_phase = phase

    params["phase"] = json_phase

    json_severity: list[str] | Unset = UNSET
    if not isinstance(severity, Unset):
        json_severity = []
        for severity_item_data in severity:
            severity_item: str = severity_item_data
            json_severity.append(severity_item)

    params["severity"] = json_severity

    params["fingerprint"] = fingerprint

    json_disposition: list[str] | Unset = UNSET
    if not isinstance(disposition, Unset):
        json_disposition = []
        for disposition_item_data in disposition:
            disposition_item: str = disposition_item_data
            json_disposition.append(disposition_item)

    params["disposition"] = json_disposition

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/forensic/analysis/{analysis_id}/findings".format(
            analysis_id=quote(str(analysis_id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | FindingsPage | Problem | None:
    if response.status_code == 200:
        response_200 = FindingsPage.from_dict(response.json())

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
) -> Response[Any | FindingsPage | Problem]:
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
    cursor: str | Unset = "",
    rule: list[str] | Unset = UNSET,
    phase: list[str] | Unset = UNSET,
    severity: list[Severity] | Unset = UNSET,
    fingerprint: str | Unset = "",
    disposition: list[DispositionStatus] | Unset = UNSET,
    limit: int | Unset = 100,
    if_none_match: str | Unset = "",
) -> Response[Any | FindingsPage | Problem]:
    """Findings of an analysis, by priority

     What the phases that have completed found, narrowed by the filters together, with true totals.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        cursor (str | Unset):  Default: ''.
        rule (list[str] | Unset):
        phase (list[str] | Unset):
        severity (list[Severity] | Unset):
        fingerprint (str | Unset):  Default: ''.
        disposition (list[DispositionStatus] | Unset):
        limit (int | Unset):  Default: 100.
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | FindingsPage | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        cursor=cursor,
        rule=rule,
        phase=phase,
        severity=severity,
        fingerprint=fingerprint,
        disposition=disposition,
        limit=limit,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = "",
    rule: list[str] | Unset = UNSET,
    phase: list[str] | Unset = UNSET,
    severity: list[Severity] | Unset = UNSET,
    fingerprint: str | Unset = "",
    disposition: list[DispositionStatus] | Unset = UNSET,
    limit: int | Unset = 100,
    if_none_match: str | Unset = "",
) -> Any | FindingsPage | Problem | None:
    """Findings of an analysis, by priority

     What the phases that have completed found, narrowed by the filters together, with true totals.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        cursor (str | Unset):  Default: ''.
        rule (list[str] | Unset):
        phase (list[str] | Unset):
        severity (list[Severity] | Unset):
        fingerprint (str | Unset):  Default: ''.
        disposition (list[DispositionStatus] | Unset):
        limit (int | Unset):  Default: 100.
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | FindingsPage | Problem
    """

    return sync_detailed(
        analysis_id=analysis_id,
        client=client,
        cursor=cursor,
        rule=rule,
        phase=phase,
        severity=severity,
        fingerprint=fingerprint,
        disposition=disposition,
        limit=limit,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = "",
    rule: list[str] | Unset = UNSET,
    phase: list[str] | Unset = UNSET,
    severity: list[Severity] | Unset = UNSET,
    fingerprint: str | Unset = "",
    disposition: list[DispositionStatus] | Unset = UNSET,
    limit: int | Unset = 100,
    if_none_match: str | Unset = "",
) -> Response[Any | FindingsPage | Problem]:
    """Findings of an analysis, by priority

     What the phases that have completed found, narrowed by the filters together, with true totals.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        cursor (str | Unset):  Default: ''.
        rule (list[str] | Unset):
        phase (list[str] | Unset):
        severity (list[Severity] | Unset):
        fingerprint (str | Unset):  Default: ''.
        disposition (list[DispositionStatus] | Unset):
        limit (int | Unset):  Default: 100.
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | FindingsPage | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        cursor=cursor,
        rule=rule,
        phase=phase,
        severity=severity,
        fingerprint=fingerprint,
        disposition=disposition,
        limit=limit,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = "",
    rule: list[str] | Unset = UNSET,
    phase: list[str] | Unset = UNSET,
    severity: list[Severity] | Unset = UNSET,
    fingerprint: str | Unset = "",
    disposition: list[DispositionStatus] | Unset = UNSET,
    limit: int | Unset = 100,
    if_none_match: str | Unset = "",
) -> Any | FindingsPage | Problem | None:
    """Findings of an analysis, by priority

     What the phases that have completed found, narrowed by the filters together, with true totals.

    Needs a key with the scope `read`, and costs 1 of its quota a minute.

    Args:
        analysis_id (UUID):
        cursor (str | Unset):  Default: ''.
        rule (list[str] | Unset):
        phase (list[str] | Unset):
        severity (list[Severity] | Unset):
        fingerprint (str | Unset):  Default: ''.
        disposition (list[DispositionStatus] | Unset):
        limit (int | Unset):  Default: 100.
        if_none_match (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | FindingsPage | Problem
    """

    return (
        await asyncio_detailed(
            analysis_id=analysis_id,
            client=client,
            cursor=cursor,
            rule=rule,
            phase=phase,
            severity=severity,
            fingerprint=fingerprint,
            disposition=disposition,
            limit=limit,
            if_none_match=if_none_match,
        )
    ).parsed
