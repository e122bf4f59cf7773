"""Keys of the tenant and its audit log, for who may manage keys. A new key is shown once, on the page that made it."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from perito.analysis.v1.audit_pb2 import AuditRecord, ListRecordsRequest, ListRecordsResponse
from perito.analysis.v1.keys_pb2 import CreateKeyRequest, ListKeysRequest, ListKeysResponse, RotateKeyRequest
from perito_kernel.errors import Invalid, NotFound
from starlette.responses import RedirectResponse, Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.refusals import sentence
from perito_edge.dashboard.report_parts import clip
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.key_models import Key, key_view
from perito_edge.key_rates import refuse_too_high

SCOPES = ("read", "submit", "rules", "metrics", "admin")
_ON_A_PAGE = 50
_DAY_SECONDS = 86_400
_DIGITS = 7
_KEY_ID = re.compile(r"[0-9A-Za-z]{16}", re.ASCII)


async def keys(visit: Visit) -> Response:
    """A page of keys, and the form for a new one."""
    return await _drawn(visit)


async def create(visit: Visit) -> Response:
    """Makes a key and shows it, this once."""
    scopes, name = _scopes(visit), visit.form.get("name", "").strip()[:200]
    try:
        request = CreateKeyRequest(name=name, scopes=scopes, expires_at=_end_of(visit.form.get("until", "")))
        request.rates.update(_rates(visit, scopes))
        made = await visit.given.keys.create(visit.caller, request)
    except Invalid as error:
        return await _drawn(visit, refused=sentence(error, visit.voice.language))
    return await _drawn(visit, made=made.text)


async def rotate(visit: Visit) -> Response:
    """Makes a key in the place of another, which goes on for a day."""
    request = RotateKeyRequest(key_id=_key_id(visit), overlap_seconds=_DAY_SECONDS)
    made = await visit.given.keys.rotate(visit.caller, request)
    return await _drawn(visit, made=made.text)


async def set_rates(visit: Visit) -> Response:
    """Gives a key quotas of its own, and those of the deployment where nothing is written."""
    await visit.given.keys.set_rates(visit.caller, _key_id(visit), _rates(visit, SCOPES))
    return RedirectResponse("/keys", 303)


async def revoke(visit: Visit) -> Response:
    """Ends a key for good."""
    await visit.given.keys.revoke(visit.caller, _key_id(visit))
    return RedirectResponse("/keys", 303)


async def audit(visit: Visit) -> Response:
    """A page of the audit log."""
    page, wrong = ListRecordsResponse(), ""
    try:
        asked = ListRecordsRequest(page_size=_ON_A_PAGE, page_token=visit.query.get("cursor", ""))
        page = await visit.given.audit.page(visit.caller, asked)
    except Invalid as error:
        wrong = sentence(error, visit.voice.language)
    return draw(
        "audit",
        visit,
        422 if wrong else 200,
        wrong=wrong,
        records=[_record(record, visit.voice) for record in page.records],
        total=visit.voice.number(page.total),
        begun="cursor" in visit.query,
        following=f"/audit?{urlencode({'cursor': page.next_page_token})}" if page.next_page_token else "",
    )


async def _drawn(visit: Visit, made: str = "", refused: str = "") -> Response:
    """The keys, and the form for a new one: as it was sent where that was refused."""
    page, wrong = ListKeysResponse(), ""
    try:
        asked = ListKeysRequest(page_size=_ON_A_PAGE, page_token=visit.query.get("cursor", ""))
        page = await visit.given.keys.page(visit.caller, asked)
    except Invalid as error:
        wrong = sentence(error, visit.voice.language)
    return draw(
        "keys",
        visit,
        422 if wrong or refused else 200,
        wrong=wrong,
        refused=refused,
        typed=visit.form if refused else {},
        chosen=_scopes(visit) if refused else ["read"],
        made=made,
        keys=[_key(key_view(key), visit.voice) for key in page.keys],
        scopes=[scope for scope in SCOPES if visit.may(scope)],
        mine=visit.caller.key_id,
        most={scope: visit.given.settings.most_rate(scope) for scope in SCOPES},
        begun="cursor" in visit.query,
        following=f"/keys?{urlencode({'cursor': page.next_page_token})}" if page.next_page_token else "",
    )


def _scopes(visit: Visit) -> list[str]:
    return [scope for scope in SCOPES if visit.form.get(f"scope:{scope}") == "1"]


def _key_id(visit: Visit) -> str:
    wanted = str(visit.request.path_params["key_id"])
    if not _KEY_ID.fullmatch(wanted):
        raise NotFound("KEY_NOT_FOUND", "There is no such key. The list of keys has those that there are.")
    return wanted


def _rates(visit: Visit, scopes: Sequence[str]) -> dict[str, int]:
    """Quotas by scope, as the form has them. Raises `Invalid` RATES_INVALID, RATE_TOO_HIGH."""
    rates: dict[str, int] = {}
    for scope in scopes:
        written = visit.form.get(f"rate:{scope}", "").strip()
        if not written:
            continue
        if not (written.isascii() and written.isdecimal() and len(written) <= _DIGITS and int(written)):
            raise Invalid("RATES_INVALID", visit.voice.say("key_rates_wrong"))
        refuse_too_high(scope, int(written), visit.given.settings)
        rates[scope] = int(written)
    return rates


def _end_of(day: str) -> str:
    """The end of a day in UTC; empty for none."""
    if not day:
        return ""
    try:
        end = datetime.combine(date.fromisoformat(day), time.min, UTC) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise Invalid("DATE_INVALID", "A day is written as 2026-03-31. Correct it.") from error
    return end.isoformat().replace("+00:00", "Z")


def _key(key: Key, voice: Voice) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "name": clip(key.name or voice.say("unnamed"), 100),
        "status": key.status,
        "scopes": ", ".join(key.scopes),
        "rates": [
            {"scope": scope, "own": rate, "said": "" if rate is None else voice.number(rate)}
            for scope in key.scopes
            for rate in (getattr(key.rates, scope),)
        ],
        "created": voice.moment(key.created_at),
        "expires": voice.moment(key.expires_at),
        "used": voice.moment(key.last_used_at),
        "works": key.status == "active",
    }


def _record(record: AuditRecord, voice: Voice) -> dict[str, str]:
    return {
        "number": voice.number(record.number),
        "instant": record.occurred_at,
        "when": voice.moment(record.occurred_at),
        "actor": record.actor,
        "action": record.action,
        "subject": clip(record.subject, 100),
        "details": clip(record.details_json, 400),
        "digest": record.digest[:12],
    }


PAGES = (
    Page("/keys", keys, scope="admin"),
    Page("/keys", create, "POST", scope="admin"),
    Page("/keys/{key_id}/rates", set_rates, "POST", scope="admin"),
    Page("/keys/{key_id}/rotate", rotate, "POST", scope="admin"),
    Page("/keys/{key_id}/revoke", revoke, "POST", scope="admin"),
    Page("/audit", audit, scope="admin"),
)
