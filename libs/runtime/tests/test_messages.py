"""Nothing is lost between the kernel's values and messages, and the digest of a catalogue is of its bytes alone."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito.finding.v1 import finding_pb2
from perito.phase.v1 import phase_pb2
from perito_kernel.errors import Internal, Invalid
from perito_kernel.findings import Severity
from perito_kernel.phases import RuleOutcome, RuleStatus
from perito_runtime.catalogue import catalogue_digest, rule_ids
from perito_runtime.messages import rule_outcome, rule_outcome_message, upstream_result

counts = st.integers(0, 2**62)
outcomes = st.builds(
    RuleOutcome,
    rule_id=st.text(max_size=10),
    rule_version=st.text(max_size=10),
    status=st.sampled_from(RuleStatus),
    unit=st.text(max_size=10),
    evaluated=counts,
    failed=counts,
    unknown=counts,
    findings=counts,
    reason=st.text(max_size=50),
    reason_es=st.text(max_size=50),
    severities=st.dictionaries(st.sampled_from([s.value for s in Severity]), counts),
    facts=st.dictionaries(st.text(max_size=10), st.decimals(allow_nan=False, allow_infinity=False).map(str)),
)


@given(outcomes)
def test_rule_outcome_there_and_back(outcome: RuleOutcome) -> None:
    wire = rule_outcome_message(outcome).SerializeToString()
    assert rule_outcome(finding_pb2.RuleOutcome.FromString(wire)) == outcome


def test_status_of_a_later_version_is_not_guessed() -> None:
    with pytest.raises(Invalid, match="does not know"):
        rule_outcome(finding_pb2.RuleOutcome(rule_id="V-004"))
    passed = finding_pb2.RULE_STATUS_PASSED
    with pytest.raises(Invalid, match="does not know"):
        rule_outcome(finding_pb2.RuleOutcome(status=passed, severities=[finding_pb2.SeverityCount(findings=1)]))


def test_phase_that_gave_nothing_is_missing_with_a_reason() -> None:
    missing = upstream_result(phase_pb2.Upstream(phase="pattern"), {})
    assert (missing.phase, missing.missing_reason) == ("pattern", "it gave no result")
    present = phase_pb2.Upstream(phase="pattern", result=phase_pb2.PhaseResult(version="2", summary_json='{"n": 1}'))
    assert upstream_result(present, {"a": "/a"}).artifacts == {"a": "/a"}
    assert upstream_result(present, {}).summary == {"n": 1}
    assert upstream_result(present, {}).missing_reason == ""


def _package(folder: Path, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder.name


def test_digest_follows_every_byte_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    base = {"__init__.py": b"", "v_004.sql": b"select 1", "deep/v_005.sql": b"select 2"}
    variants = {
        "rules_base": base,
        "rules_same": base,
        "rules_byte": {**base, "v_004.sql": b"select 9"},
        "rules_name": {"__init__.py": b"", "v_006.sql": b"select 1", "deep/v_005.sql": b"select 2"},
        "rules_more": {**base, "v_007.sql": b""},
        "rules_split": {**base, "v_004.sql": b"select", "deep/v_005.sql": b" 1select 2"},
    }
    digests = {name: catalogue_digest(_package(tmp_path / name, files)) for name, files in variants.items()}
    assert digests["rules_base"] == digests["rules_same"]
    assert len(set(digests.values())) == len(variants) - 1
    _package(tmp_path / "rules_base", {"__pycache__/x.pyc": b"compiled"})
    assert catalogue_digest("rules_base") == digests["rules_base"]


def test_phase_without_rules_has_no_digest_and_missing_rules_are_an_error() -> None:
    assert catalogue_digest("") == ""
    with pytest.raises(Internal):
        catalogue_digest("no_such_package_of_rules")


def test_ids_are_read_from_headers_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    _package(
        tmp_path / "rules_ids",
        {
            "__init__.py": b"",
            "z.sql": b"/* ---\nid: C-006\nkind: set\n--- */\nSELECT 'id: C-007'\n",
            "a.sql": b'/* ---\nversion: 1\nid: "P-008" # one\n--- */\nSELECT 1\n',
            "none.sql": b"/* --- */\nid: C-009\n",
            "notes.md": b"id: C-010\n",
        },
    )
    assert rule_ids("rules_ids") == ("C-006", "P-008")
    assert rule_ids("") == ()
    with pytest.raises(Internal, match="RULES_MISSING"):
        rule_ids("no_such_package_of_rules")
