"""What the operator's commands print, each with the work behind it. Every function returns the exit code."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from perito_kernel.errors import Invalid
from pydantic import ByteSize, TypeAdapter

from perito_orchestrator.key_management import MadeKey
from perito_orchestrator.operations import Chain, Operations
from perito_orchestrator.store import tenants

_SHOWN_CHARACTERS = 200


async def create_key(operations: Operations, chosen: argparse.Namespace) -> int:
    """`keys create`."""
    made = await operations.create_key(chosen.tenant, chosen.name, chosen.scopes, chosen.days, chosen.rates)
    _tell_new(made)
    return 0


async def list_keys(operations: Operations, chosen: argparse.Namespace) -> int:
    """`keys list`."""
    rows = [
        (
            *(key.key_id, key.status, ",".join(key.scopes), _rates(key.rates), key.name),
            *(_instant(each) for each in (key.created_at, key.expires_at, key.last_used_at)),
        )
        for key in await operations.keys(chosen.tenant)
    ]
    _table(("id", "status", "scopes", "own quotas", "name", "created", "expires", "last used"), rows)
    return 0


async def rotate_key(operations: Operations, chosen: argparse.Namespace) -> int:
    """`keys rotate`."""
    made, replaced = await operations.rotate_key(chosen.key_id, chosen.overlap_hours * 3600, chosen.days)
    _tell_new(made)
    _say(f"{replaced.key_id} still works until {_instant(replaced.expires_at)}.")
    return 0


async def set_rates(operations: Operations, chosen: argparse.Namespace) -> int:
    """`keys rates`."""
    key = await operations.set_rates(chosen.key_id, chosen.rates)
    now = f"has a minute {_rates(key.rates)}" if key.rates else "has the quotas of the deployment"
    _say(f"{key.key_id} {now}; within five seconds every edge counts so, up to PERITO_RATE_MOST.")
    return 0


async def revoke_key(operations: Operations, chosen: argparse.Namespace) -> int:
    """`keys revoke`."""
    key = await operations.revoke_key(chosen.key_id, even_the_last=chosen.last)
    _say(f"{key.key_id} is {key.status}; within five seconds it is refused everywhere.")
    return 0


async def create_tenant(operations: Operations, chosen: argparse.Namespace) -> int:
    """`tenants create`."""
    tenant = await operations.create_tenant(chosen.name)
    _say(f"Tenant {tenant}. It has no key yet: keys create --tenant {tenant} --name ... --scopes ...")
    return 0


async def list_tenants(operations: Operations, _chosen: argparse.Namespace) -> int:
    """`tenants list`."""
    rows = [
        (
            *(str(one.tenant), one.name, str(one.keys), _instant(one.created_at), _instant(one.suspended_at)),
            one.suspend_reason,
        )
        for one in await operations.tenants()
    ]
    _table(("id", "name", "keys", "created", "suspended", "reason"), rows)
    return 0


async def suspend(operations: Operations, chosen: argparse.Namespace) -> int:
    """`tenants suspend`."""
    tenant, changed = await operations.suspend(chosen.tenant, chosen.reason)
    when = (
        "Within five seconds its keys are refused; analyses that were accepted go on." if changed else "It was before."
    )
    _say(f"Tenant {tenant.tenant} ({tenant.name}) is suspended. {when}")
    return 0


async def resume(operations: Operations, chosen: argparse.Namespace) -> int:
    """`tenants resume`."""
    tenant, changed = await operations.resume(chosen.tenant)
    _say(f"Tenant {tenant.tenant} ({tenant.name}) is {'resumed' if changed else 'not suspended'}: its keys work.")
    return 0


async def quotas(operations: Operations, chosen: argparse.Namespace) -> int:
    """`tenants quota`."""
    given = {name: getattr(chosen, name) for name in tenants.QUOTAS}
    changes = {name: _quota(name, text) for name, text in given.items() if text is not None}
    tenant, now = await operations.quotas(chosen.tenant, changes)
    _say(f"Tenant {tenant.tenant} ({tenant.name}) may have at once:")
    for name, value in now.items():
        _say(f"  {name:9} {'as the deployment says' if value is None else value or 'without bound'}")
    return 0


async def list_records(operations: Operations, chosen: argparse.Namespace) -> int:
    """`audit list`."""
    rows = [
        (str(one.number), _instant(one.occurred_at), one.actor, one.action, one.subject, one.details)
        for one in await operations.records(chosen.tenant, chosen.most)
    ]
    _table(("number", "when (UTC)", "who", "what", "to what", "details"), rows)
    return 0


async def verify(operations: Operations, chosen: argparse.Namespace) -> int:
    """`audit verify`. 1 where a chain is broken, or does not hold the head that was named."""
    number, digest = _head(chosen.head)
    if number and not chosen.tenant:
        raise Invalid("OPTION_INVALID", "Whose head is that? Name the tenant with --tenant.")
    broken = False
    for chain in await operations.verify(chosen.tenant):
        said = _said(chain)
        if not said and number:
            said = await _against(operations, chain, number, digest)
        broken = broken or bool(said)
        whole = f"whole, {chain.head.number} records, head {chain.head.number}:{chain.head.digest.hex()}"
        _say(f"{chain.tenant.tenant} ({chain.tenant.name}): {said or whole}")
    return 1 if broken else 0


def _said(chain: Chain) -> str:
    return f"BROKEN at record {chain.broken.number}: {chain.broken.why}" if chain.broken else ""


async def _against(operations: Operations, chain: Chain, number: int, digest: str) -> str:
    """What is wrong where the chain, whole in itself, is not the one that had this head."""
    if number > chain.head.number:
        return f"BROKEN at record {chain.head.number + 1}: there were {number} records once"
    kept = await operations.record(chain.tenant, number)
    if kept is None or kept.digest.hex() != digest:
        return f"BROKEN at record {number} or before: the chain was written anew, its digest was another once"
    return ""


def _head(text: str) -> tuple[int, str]:
    if not text:
        return 0, ""
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise Invalid("OPTION_INVALID", "--head takes what `audit verify` prints: a number, a colon and 64 hex digits.")
    return int(number), digest.lower()


def _quota(name: str, text: str) -> int | None:
    if text == "default":
        return None
    try:
        return int(TypeAdapter(ByteSize).validate_python(text)) if name == "bytes" else int(text)
    except ValueError as error:
        raise Invalid("OPTION_INVALID", f"--{name} takes a number, 0 for no bound, or `default`.") from error


def _rates(rates: Mapping[str, int]) -> str:
    return ",".join(f"{scope}={rate}" for scope, rate in rates.items())


def _tell_new(made: MadeKey) -> None:
    _say(f"Key {made.row.key_id} ({','.join(made.row.scopes)}), expires {_instant(made.row.expires_at) or 'never'}.")
    _say("Shown this once:")
    _say(made.text)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [tuple(titles), *(tuple(_plain(cell) for cell in row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(titles))]
    for line in lines:
        _say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _instant(value: datetime | None) -> str:
    return "" if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _plain(text: str) -> str:
    """What others wrote, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_SHOWN_CHARACTERS])


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
