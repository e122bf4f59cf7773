"""Quotas of a key's own: what they may be, who is told of them, and that they go with the key."""

import json

import asyncpg
import pytest
from perito_kernel.errors import Invalid, NotFound, PeritoError, Precondition
from perito_orchestrator.key_management import WantedKey
from perito_orchestrator.keys import authenticate

from .test_key_management import House, house

__all__ = ["house"]  # the fixture


async def test_a_key_has_quotas_of_its_own_and_its_successor_has_them_too(house: House) -> None:
    made = await house.keys().create(WantedKey("tills", ["read", "submit"], rates={"submit": 50, "read": 1000}))
    assert made.row.rates == {"read": 1000, "submit": 50}
    assert (await authenticate(house.system, made.text)).rates == made.row.rates
    rotated, _ = await house.keys().rotate(made.row.key_id, 0)
    assert rotated.row.rates == made.row.rates
    plain = await house.keys().create(WantedKey("plain", ["read"]))
    assert (await authenticate(house.system, plain.text)).rates == {}


async def test_they_are_changed_all_at_once_and_it_is_recorded(house: House) -> None:
    made = await house.keys().create(WantedKey("tills", ["read", "submit"], rates={"read": 1000}))
    for rates in ({"submit": 1}, {"submit": 1}, {"read": 1_000_000}, {}):
        changed = await house.keys().set_rates(made.row.key_id, rates)
        assert changed.rates == rates
        assert (await authenticate(house.system, made.text)).rates == rates
    records = "SELECT count(*) FROM audit_records WHERE action = 'key.changed'"
    assert await house.ask(records) == 3, "what was so already is no change"
    details = "SELECT details FROM audit_records WHERE action = 'key.changed' ORDER BY number LIMIT 1"
    assert json.loads(str(await house.ask(details))) == {"rates": {"submit": 1}}


@pytest.mark.parametrize(
    ("rates", "reason"),
    [
        ({"read": 0}, "RATES_INVALID"),
        ({"read": -1}, "RATES_INVALID"),
        ({"read": 1_000_001}, "RATES_INVALID"),
        ({"admin": 10}, "RATES_INVALID"),  # the key has no such scope
        ({"fly": 10}, "SCOPE_UNKNOWN"),
    ],
)
async def test_what_is_no_quota_is_refused(house: House, rates: dict[str, int], reason: str) -> None:
    made = await house.keys().create(WantedKey("tills", ["read"], rates={"read": 5}))
    with pytest.raises(Invalid, match=reason):
        await house.keys().set_rates(made.row.key_id, rates)
    with pytest.raises(Invalid, match=reason):
        await house.keys().create(WantedKey("x", ["read"], rates=rates))
    assert (await authenticate(house.system, made.text)).rates == {"read": 5}


async def test_only_a_key_of_the_tenant_that_works_is_changed(house: House) -> None:
    made = await house.keys().create(WantedKey("tills", ["read"]))
    with pytest.raises(NotFound, match="KEY_NOT_FOUND"):
        await house.keys(tenant=house.other).set_rates(made.row.key_id, {"read": 5})
    await house.keys().revoke(made.row.key_id)
    with pytest.raises(Precondition, match="KEY_ENDED"):
        await house.keys().set_rates(made.row.key_id, {"read": 5})


@pytest.mark.parametrize("rates", ["[]", "1", '{"read": 0}', '{"read": "5"}', '{"read": null}', '{"fly": 5}'])
async def test_the_database_keeps_nothing_else(house: House, rates: str) -> None:
    with pytest.raises((PeritoError, asyncpg.CheckViolationError)):
        await house.ask("UPDATE api_keys SET rates = $1", rates)
    await house.ask("UPDATE api_keys SET rates = $1", '{"read": 5, "metrics": 1000000}')
