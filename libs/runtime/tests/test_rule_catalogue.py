"""What a phase says of its rules: asked over a real socket, before any of them is run."""

import sys
from pathlib import Path

import compute_jobs
import pytest
from perito.finding.v1 import finding_pb2
from perito.phase.v1.phase_pb2_grpc import PhaseServiceStub
from perito.phase.v1.rule_catalogue_pb2 import DescribeRulesRequest, DescribeRulesResponse
from perito_kernel.errors import Internal
from perito_kernel.phases import Phase
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_client import call_errors, open_channel
from perito_runtime.grpc_server import build_server
from perito_runtime.objects import LocalObjectStore
from perito_runtime.phase_service import PhaseServicer, phase_service


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that holds a rule."""
    for name in ("some_rules", "broken_rules"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.sql").write_text("/* ---\nid: T-001\n--- */\n", "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return "some_rules"


async def asked(pool: ComputePool, folder: Path, package: str, describe: str, times: int = 1) -> DescribeRulesResponse:
    """What a phase with these rules answers, the last of so many times; errors as Perito's."""
    value = Phase("double", 2, "1.4", "compute_jobs:echo", rules=package, describe=describe)
    server = build_server(
        [phase_service(PhaseServicer(value, pool, LocalObjectStore(folder / "objects")))], f"unix:{folder}/s"
    )
    await server.start()
    try:
        async with open_channel(server.address) as channel, call_errors():
            stub = PhaseServiceStub(channel)
            return [await stub.DescribeRules(DescribeRulesRequest(), timeout=10) for _ in range(times)][-1]
    finally:
        await server.stop(0)


async def test_it_says_its_rules_with_their_parameters_and_reads_them_once(
    pool: ComputePool, short_dir: Path, rules: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = compute_jobs.describes

    def noted(package: str) -> object:
        read.append(package)
        return real(package)

    monkeypatch.setattr(sys.modules["compute_jobs"], "describes", noted)
    (rule,) = (await asked(pool, short_dir, rules, "compute_jobs:describes", 3)).rules
    assert read == [rules]
    assert (rule.id, rule.version, rule.kind, rule.severity) == ("T-001", "2", "set", finding_pb2.SEVERITY_HIGH)
    assert (rule.title_en, rule.title_es, rule.remedy_es) == ("A count differs", "Un conteo difiere", "")
    (parameter,) = rule.parameters
    said = (parameter.name, parameter.type, parameter.default_value, parameter.meaning)
    assert said == ("days", "integer", "3", "days to wait")
    assert (list(rule.needs), list(rule.optional), rule.sql) == (["counts.product"], [], "SELECT 1")


async def test_a_phase_without_rules_says_none(pool: ComputePool, short_dir: Path) -> None:
    assert list((await asked(pool, short_dir, "", "")).rules) == []


async def test_rules_that_cannot_be_read_are_our_fault_and_say_nothing_of_it(
    pool: ComputePool, short_dir: Path, rules: str
) -> None:
    assert rules
    with pytest.raises(Internal) as caught:
        await asked(pool, short_dir, "broken_rules", "compute_jobs:describes")
    assert "secret" not in caught.value.message
