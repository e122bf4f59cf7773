"""Tenants' own rules in the phase that runs them: what they find is told, and what they try is refused or stopped."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_consistency.phase import PHASE
from perito_kernel.rule_packs import RuleText, pack_bytes
from perito_rules.trial import write_table
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_client import open_channel, tenant_metadata
from perito_runtime.grpc_server import build_server
from perito_runtime.objects import LocalObjectStore, artifact_key, dataset_key
from perito_runtime.own_rules import OwnRuleLimits
from perito_runtime.service import imported_early, services_of

TENANT = "11111111-1111-4111-8111-111111111111"
ANALYSIS = "44444444-4444-4444-8444-444444444444"
DATASET = "33333333-3333-4333-8333-333333333333"
LIMIT = 4.0

GOOD = """/* ---
id: U-001
version: 1
kind: row
title: {en: Sold for less than the least price}
severity: high
grain: sales line
unit: sales lines
identity: [product]
needs:
  sales: [product, qty, unit_price]
parameters:
  least: {default: "1.00", type: decimal, meaning: least price of one unit}
impact: column
table: sales
select:
  impact: sum(qty * ($least - unit_price))
values: [qty, unit_price]
texts:
  finding: {en: "{product} went for {impact:,} less than it may"}
explanation: Somebody sells below the least price.
remedy: Ask the shop who allowed it.
--- */
unit_price < $least
"""

SET = """/* ---
id: U-002
version: 1
kind: set
title: {{en: Hostile}}
severity: high
grain: sales line
unit: sales lines
identity: [product]
needs:
  sales: [product, qty, unit_price]
impact: none, because it means harm
texts:
  finding: {{en: "{{product}}"}}
explanation: None.
remedy: None.
--- */
-- section: population
{population}
-- section: violations
SELECT product, count(*) AS row_count FROM population GROUP BY product
-- section: evaluated
SELECT count(*) AS evaluated, 0 AS unknown FROM population
-- section: evidence
SELECT product, 'line' AS role, 'sales' AS table_name, _file_id, _record, _line FROM sales
"""


def hostile(population: str) -> str:
    return SET.format(population=population)


_GROWN = [
    f"{to} AS (SELECT product, t || t || t || t || t || t || t || t AS t FROM {of})"  # noqa: S608  # a test's own text
    for of, to in zip("abcdefghij", "bcdefghijk", strict=True)
]
LONG_TEXT = ", ".join(["WITH a AS (SELECT product, product || 'xxxxxxxx' AS t FROM sales)", *_GROWN])
ONE_TEXT = LONG_TEXT.replace("FROM sales)", "FROM sales WHERE product = 'P7')", 1).partition(", h AS")[0]
STOPPED = {
    "cross join of everything": "SELECT a.product FROM sales AS a, sales AS b, sales AS c, sales AS d"
    " WHERE md5(a.product || b.product || c.product || d.product) < '0'",
    "one text out of many": " ".join([LONG_TEXT, "SELECT product FROM k WHERE length(t) > 3"]),
    "a sort of a cross join": "SELECT a.product, rank() OVER (ORDER BY a.qty, b.qty, c.qty, a._record, b._record) AS n"
    " FROM sales AS a, sales AS b, sales AS c",
    "two long texts held against each other, in one call that asks nobody": " ".join(
        [ONE_TEXT, "SELECT product FROM g WHERE levenshtein(t, reverse(t)) > 0"]
    ),
    "patterns that go back and forth": "SELECT a.product FROM sales AS a, sales AS b, sales AS c, sales AS d"
    " WHERE regexp_full_match(a.product || b.product || c.product || d.product, '(((P|[0-9])+)+)+z')",
    "lines of text put together": "SELECT string_agg(a.product || b.product || c.product, ',' ORDER BY a._file_id,"
    " a._record, b._file_id, b._record, c._file_id, c._record) AS product"
    " FROM sales AS a, sales AS b, sales AS c",
}
REFUSED = {
    "file read": "SELECT product FROM read_csv('/etc/passwd') AS t(product)",
    "attach": "ATTACH '/tmp/x.db'",
    "query()": "SELECT product FROM query('SELECT product FROM sales')",
    "a long list": "SELECT product, len(range(60000000)) AS n FROM sales",
    "a long text": "SELECT repeat('x', 2000000000) AS product FROM sales",
    "copy": "COPY sales TO 'stolen.csv'",
    "replacement scan": "SELECT product FROM 'books.csv'",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where objects and jobs lie."""
    return tmp_path


@asynccontextmanager
async def house(folder: Path) -> AsyncGenerator[tuple["phase_pb2_grpc.PhaseServiceAsyncStub", ComputePool]]:
    """The phase on one child of 512 MiB, with 4 seconds for a rule."""
    early = imported_early([PHASE])
    async with ComputePool(1, 512 * 1024**2, 1, preload=early, work_dir=folder / "work") as pool:
        limits = OwnRuleLimits(all_seconds=30, rule_seconds=LIMIT)
        store = LocalObjectStore(folder / "objects")
        server = build_server(services_of(PHASE, pool, store, limits=limits), "127.0.0.1:0")
        await server.start()
        try:
            async with open_channel(server.address) as channel:
                yield phase_pb2_grpc.PhaseServiceStub(channel), pool
        finally:
            await server.stop(0)


async def asked(folder: Path, fence: int, *texts: str) -> phase_pb2.RunPhaseRequest:
    """A run over 600 sales, one of which is too cheap, with a pack of these rules."""
    store, scratch = LocalObjectStore(folder / "objects"), folder / f"made-{fence}"
    scratch.mkdir()
    rows: list[dict[str, Any]] = [
        {"document": f"T{n}", "line": "1", "product": f"P{n}", "qty": 2, "unit_price": "0.40" if n == 7 else "3.00"}
        for n in range(600)
    ]
    tables = {"sales": rows, "conventions": [{"name": "currency", "value": "EUR"}]}
    artifacts: list[phase_pb2.Artifact] = []
    for name, content in tables.items():
        path = write_table(scratch, name, content)
        key = artifact_key(TENANT, ANALYSIS, "validation", fence, path.name)
        artifacts.append(phase_pb2.Artifact(name=path.name, object=await store.put_file(key, path, "x")))
    request = phase_pb2.RunPhaseRequest(tenant_id=TENANT, analysis_id=ANALYSIS, fence=fence)
    result = phase_pb2.PhaseResult(phase="validation", version="1", artifacts=artifacts)
    request.upstream.append(phase_pb2.Upstream(phase="validation", result=result))
    request.dataset.dataset_id = DATASET
    if texts:
        content = pack_bytes(RuleText(f"{n}.sql", text) for n, text in enumerate(texts))
        key = dataset_key(TENANT, DATASET, f"rules-{fence}")
        pack: ObjectRef = await store.put_bytes(key, content, "application/json")
        request.rule_pack.CopyFrom(pack)
    return request


async def ran(
    stub: "phase_pb2_grpc.PhaseServiceAsyncStub", request: phase_pb2.RunPhaseRequest
) -> phase_pb2.PhaseResult:
    call = stub.RunPhase(request, timeout=120, metadata=tenant_metadata(TENANT))
    return [message async for message in call][-1].result


async def timed(
    stub: "phase_pb2_grpc.PhaseServiceAsyncStub", request: phase_pb2.RunPhaseRequest, rule: str
) -> tuple[phase_pb2.PhaseResult, float]:
    """The result, and for how many seconds that rule was what the phase said it did (0: too short to be told)."""
    begun = ended = 0.0
    result = phase_pb2.PhaseResult()
    async for message in stub.RunPhase(request, timeout=120, metadata=tenant_metadata(TENANT)):
        now = time.monotonic()
        if message.progress.step == f"own rule {rule}":
            begun = begun or now
        elif begun:
            ended = ended or now
        result = message.result
    return result, (ended or time.monotonic()) - begun if begun else 0.0


def rows_of(folder: Path, result: phase_pb2.PhaseResult, name: str) -> list[dict[str, Any]]:
    (key,) = [artifact.object.key for artifact in result.artifacts if artifact.name == name]
    path = folder / "objects" / key
    if name.endswith(".parquet"):
        found: list[dict[str, Any]] = pq.read_table(path).to_pylist()  # pyright: ignore[reportUnknownMemberType]  # its stub says IO[Unknown]
        return found
    text = path.read_text("utf-8")
    return json.loads(text) if name.endswith(".json") else [json.loads(line) for line in text.splitlines()]


async def test_a_good_rule_finds_its_fault_and_is_told_as_ours_are(folder: Path) -> None:
    async with house(folder) as (stub, _):
        without = await ran(stub, await asked(folder, 1))
        with_rule = await ran(stub, await asked(folder, 2, GOOD))
        again = await ran(stub, await asked(folder, 3, GOOD))
    assert with_rule.content_digest == again.content_digest != without.content_digest
    (finding,) = rows_of(folder, with_rule, "findings.parquet")
    assert (finding["rule_id"], finding["phase"], finding["currency"]) == ("U-001", "consistency", "EUR")
    assert (json.loads(finding["identity_json"]), str(finding["impact"])) == ({"product": "P7"}, "1.2000")
    assert finding["title_en"] == "P7 went for 1.2 less than it may"
    assert finding["title_es"] == "P7 went for 1,2 less than it may", "English words, where there are no Spanish ones"
    assert str(finding["confidence"]) == "0.5000"
    (head,) = rows_of(folder, with_rule, "findings-head.ndjson")
    assert head["fingerprint"] == finding["fingerprint"]
    (proof,) = rows_of(folder, with_rule, "evidence.parquet")
    assert (proof["fingerprint"], proof["line"]) == (finding["fingerprint"], 9)
    (outcome,) = [rule for rule in with_rule.rules if rule.rule_id == "U-001"]
    assert (outcome.evaluated, outcome.failed, outcome.findings) == (600, 1, 1)
    assert [said["title"]["en"] for said in rows_of(folder, with_rule, "rules.json") if said["id"] == "U-001"]
    assert [rule for rule in with_rule.rules if rule.rule_id != "U-001"] == list(without.rules)


@pytest.mark.parametrize("population", STOPPED.values(), ids=STOPPED)
async def test_what_takes_too_much_is_stopped_and_the_next_run_is_none_the_wiser(folder: Path, population: str) -> None:
    async with house(folder) as (stub, pool):
        plain = await ran(stub, await asked(folder, 1, GOOD))
        hurt, took = await timed(stub, await asked(folder, 2, GOOD, hostile(population)), "U-002")
        after = await ran(stub, await asked(folder, 3, GOOD))
        assert pool.busy == 0
    (outcome,) = [rule for rule in hurt.rules if rule.rule_id == "U-002"]
    assert "limit" in outcome.reason or "OutOfMemory" in outcome.reason or "memory" in outcome.reason, outcome.reason
    assert took < LIMIT + 2
    assert [rule for rule in hurt.rules if rule.rule_id != "U-002"] == list(plain.rules)
    assert after.content_digest == plain.content_digest


async def test_what_reads_or_makes_too_much_is_refused_in_the_run_too(folder: Path) -> None:
    """Nothing that the store holds is believed: a rule that was kept before is checked again."""
    texts = [hostile(sql).replace("U-002", f"U-{n:03}") for n, sql in enumerate(REFUSED.values(), 100)]
    async with house(folder) as (stub, _):
        result = await ran(stub, await asked(folder, 1, GOOD, *texts))
        rules = [phase_pb2.RuleText(name=name, text=text) for name, text in zip(REFUSED, texts, strict=True)]
        request = phase_pb2.CheckRulesRequest(tenant_id=TENANT, rules=rules)
        checked = await stub.CheckRules(request, timeout=60, metadata=tenant_metadata(TENANT))
    told = {rule.rule_id: rule for rule in result.rules if rule.rule_id.startswith("U-1")}
    assert len(told) == len(REFUSED)
    assert all(rule.reason.startswith("refused: line 1") for rule in told.values()), told
    assert [rule.findings for rule in result.rules if rule.rule_id == "U-001"] == [1]
    for rule in checked.rules:
        assert rule.problems, rule.name
        assert rule.problems[0].line == SET.split("\n").index("{population}") + 1, rule
    assert "stolen.csv" not in {path.name for path in await asyncio.to_thread(lambda: list(folder.rglob("*")))}


COUNTED = "count(*) AS row_count"
LONG = f"replace(replace(replace('{'a' * 10}', 'a', '{'b' * 60}'), 'b', '{'c' * 60}'), 'c', '{'d' * 60}')"
TRIPS = {
    "a currency that is none": (COUNTED, f"{COUNTED}, 'EURO; DROP' AS currency", "currency"),
    "a day before all days": (
        "count(*) AS row_count",
        "count(*) AS row_count, DATE '0044-03-15' AS period_start",
        "1900",
    ),
    "no day at all": (COUNTED, f"{COUNTED}, DATE 'infinity' AS period_start", "1900"),
    "fewer rows than none": (COUNTED, "-count(*) AS row_count", "row_count"),
    "a table that is not there": ("'sales' AS table_name", "'nowhere' AS table_name", "table 'nowhere'"),
    "a file that is not there": ("_file_id, _record", "99 AS _file_id, _record", "has a place that is none"),
    "a row before the first": ("_file_id, _record", "_file_id, -1 AS _record", "has a place that is none"),
    "a text of megabytes": (COUNTED, f"{COUNTED}, {LONG} AS long", "too long"),
}


@pytest.mark.parametrize(("part", "other", "word"), TRIPS.values(), ids=TRIPS)
async def test_what_later_readers_would_trip_over_ends_with_the_rule(
    folder: Path, part: str, other: str, word: str
) -> None:
    text = hostile("SELECT product FROM sales WHERE product = 'P7'")
    assert text.count(part) == 1
    async with house(folder) as (stub, _):
        clean = await ran(stub, await asked(folder, 1, text))
        result = await ran(stub, await asked(folder, 2, GOOD, text.replace(part, other)))
    assert [(rule.findings, rule.reason) for rule in clean.rules if rule.rule_id == "U-002"] == [(1, "")]
    (outcome,) = [rule for rule in result.rules if rule.rule_id == "U-002"]
    assert word in outcome.reason, outcome
    assert [finding["rule_id"] for finding in rows_of(folder, result, "findings.parquet")] == ["U-001"]
