from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.export_report_by_post_response_200 import ExportReportByPostResponse200
from ...models.export_request import ExportRequest
from ...models.format_ import Format
from ...models.language import Language
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    analysis_id: UUID,
    *,
    body: ExportRequest | Unset = UNSET,
    format_: Format | Unset = UNSET,
    lang: Language | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    params: dict[str, Any] = {}

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_

    params["format"] = json_format_

    json_lang: str | Unset = UNSET
    if not isinstance(lang, Unset):
        json_lang = lang

    params["lang"] = json_lang

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/forensic/export/{analysis_id}".format(
            analysis_id=quote(str(analysis_id), safe=""),
        ),
        "params": params,
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ExportReportByPostResponse200 | Problem | None:
    if response.status_code == 200:
        response_200 = ExportReportByPostResponse200.from_dict(response.json())

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
) -> Response[ExportReportByPostResponse200 | Problem]:
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
    body: ExportRequest | Unset = UNSET,
    format_: Format | Unset = UNSET,
    lang: Language | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[ExportReportByPostResponse200 | Problem]:
    """The report, asked for in a body

     What GET answers, for clients that send their wishes in a body; what stands there goes before the
    query.

    Needs a key with the scope `submit`, and costs 2 of its quota a minute.

    Args:
        analysis_id (UUID):
        format_ (Format | Unset):
        lang (Language | Unset):
        idempotency_key (str | Unset):
        body (ExportRequest | Unset): Which form of the report; all of it may be left out, and
            then the query says it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ExportReportByPostResponse200 | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        body=body,
        format_=format_,
        lang=lang,
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
    body: ExportRequest | Unset = UNSET,
    format_: Format | Unset = UNSET,
    lang: Language | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> ExportReportByPostResponse200 | Problem | None:
    """The report, asked for in a body

     What GET answers, for clients that send their wishes in a body; what stands there goes before the
    query.

    Needs a key with the scope `submit`, and costs 2 of its quota a minute.

    Args:
        analysis_id (UUID):
        format_ (Format | Unset):
        lang (Language | Unset):
        idempotency_key (str | Unset):
        body (ExportRequest | Unset): Which form of the report; all of it may be left out, and
            then the query says it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExportReportByPostResponse200 | Problem
    """

    return sync_detailed(
        analysis_id=analysis_id,
        client=client,
        body=body,
        format_=format_,
        lang=lang,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    body: ExportRequest | Unset = UNSET,
    format_: Format | Unset = UNSET,
    lang: Language | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[ExportReportByPostResponse200 | Problem]:
    """The report, asked for in a body

     What GET answers, for clients that send their wishes in a body; what stands there goes before the
    query.

    Needs a key with the scope `submit`, and costs 2 of its quota a minute.

    Args:
        analysis_id (UUID):
        format_ (Format | Unset):
        lang (Language | Unset):
        idempotency_key (str | Unset):
        body (ExportRequest | Unset): Which form of the report; all of it may be left out, and
            then the query says it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ExportReportByPostResponse200 | Problem]
    """

    kwargs = _get_kwargs(
        analysis_id=analysis_id,
        body=body,
        format_=format_,
        lang=lang,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    analysis_id: UUID,
    *,
    client: AuthenticatedClient,
    body: ExportRequest | Unset = UNSET,
    format_: Format | Unset = UNSET,
    lang: Language | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> ExportReportByPostResponse200 | Problem | None:
    """The report, asked for in a body

     What GET answers, for clients that send their wishes in a body; what stands there goes before the
    query.

    Needs a key with the scope `submit`, and costs 2 of its quota a minute.

    Args:
        analysis_id (UUID):
        format_ (Format | Unset):
        lang (Language | Unset):
        idempotency_key (str | Unset):
        body (ExportRequest | Unset): Which form of the report; all of it may be left out, and
            then the query says it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExportReportByPostResponse200 | Problem
    """

    return (
        await asyncio_detailed(
            analysis_id=analysis_id,
            client=client,
            body=body,
            format_=format_,
            lang=lang,
            idempotency_key=idempotency_key,
        )
    ).parsed
