"""Cases: what joins findings, what does not, and the laws that money obeys whatever the findings are."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.findings import Severity
from perito_kernel.phases import Job
from perito_reporting import accounts, listing
from perito_reporting.cases import explaining_pairs, fold
from perito_reporting.headers import RuleHeader
from perito_reporting.sources import open_sources
from perito_reporting.stories import FOLDS_ABOVE, tell

from .upstream import Upstream, finding, header

Rows = list[dict[str, Any]]
JANUARY = (date(2025, 1, 1), date(2025, 1, 31))
MARCH = (date(2025, 3, 1), date(2025, 3, 31))


def folded(job: Job) -> tuple[dict[str, str], dict[str, Any], Rows]:
    """Case by fingerprint, the exposure, and the stories of a job's findings."""
    with open_sources(job) as sources:
        headers = {rule_id: account.header for rule_id, account in sources.by_id.items()}
        fold(sources.con, headers)
        tell(sources.con, headers, "NGN")
        listing.list_tables(sources)
        members = sources.rows("""
            select f.fingerprint, r.fingerprint as root from members m join findings f using (n)
            join findings r on r.n = m.root order by f.fingerprint""")
        stories = sources.rows("select * from stories order by gross is null, position")
        return {row["fingerprint"]: row["root"] for row in members}, accounts.exposure(sources), stories


def fold_of(tmp_path: Path, headers: Rows, findings: Rows) -> tuple[dict[str, str], dict[str, Any], Rows]:
    return folded(Upstream(tmp_path, findings=findings, headers=headers).job())


def total(currency: str, cases: int, gross: str, net: str, recoverable: str, explained: str = "0") -> dict[str, Any]:
    amounts = {"gross": gross, "net": net, "recoverable": recoverable, "explained_gross": explained}
    return {"currency": currency, "cases": cases} | amounts


CAUSE = header("C-035", explains=["C-006"])
SYMPTOM = header("C-006")
PLACE: Mapping[str, str | int | None] = {"product": "P1", "location": "L1"}


@pytest.mark.parametrize(
    ("cause", "symptom"),
    [
        (finding("C-035", PLACE, "100"), finding("C-006", PLACE, "90")),
        (finding("C-035", PLACE, "100", start=JANUARY[0], end=MARCH[1]), finding("C-006", PLACE, "90", start=MARCH[0])),
        (finding("C-035", PLACE | {"location": None}, "100"), finding("C-006", PLACE, "90")),
        (finding("C-035", PLACE, "100", start=MARCH[1]), finding("C-006", PLACE, "90", start=MARCH[0], end=MARCH[1])),
        (finding("C-035", PLACE, None), finding("C-006", PLACE, "90")),
    ],
    ids=["no periods", "overlap", "an entity left empty", "one day inside", "cause without a price"],
)
def test_a_cause_takes_its_symptom(tmp_path: Path, cause: dict[str, Any], symptom: dict[str, Any]) -> None:
    roots, exposure, _ = fold_of(tmp_path, [CAUSE, SYMPTOM], [cause, symptom])
    assert roots == {cause["fingerprint"]: cause["fingerprint"], symptom["fingerprint"]: cause["fingerprint"]}
    priced = cause["impact"] is not None
    amounts = ("100", "100") if priced else ("0", "0")
    assert exposure["by_currency"] == [total("NGN", int(priced), *amounts, "0", "90")]


@pytest.mark.parametrize(
    ("headers", "symptom"),
    [
        ([CAUSE, SYMPTOM], finding("C-006", PLACE | {"product": "P2"}, "90")),
        ([CAUSE, SYMPTOM], finding("C-006", PLACE | {"location": "L2"}, "90")),
        ([CAUSE, SYMPTOM], finding("C-006", {"product": None, "location": None}, "90")),
        ([CAUSE, SYMPTOM], finding("C-006", PLACE, "90", start=MARCH[0], end=MARCH[1])),
        ([header("C-035"), SYMPTOM], finding("C-006", PLACE, "90")),
        ([CAUSE, header("C-006", entities=["supplier"])], finding("C-006", PLACE, "90")),
    ],
    ids=["other product", "other place", "about nothing", "other period", "not declared", "no common entity"],
)
def test_what_is_not_connected_stays_apart(tmp_path: Path, headers: Rows, symptom: dict[str, Any]) -> None:
    cause = finding("C-035", PLACE, "100", start=JANUARY[0], end=JANUARY[1])
    roots, exposure, _ = fold_of(tmp_path, headers, [cause, symptom])
    assert all(fingerprint == root for fingerprint, root in roots.items())
    assert exposure["by_currency"][0]["gross"] == "190"


def test_a_symptom_of_two_causes_joins_one_and_changes_no_cost(tmp_path: Path) -> None:
    nearer = finding("C-035", PLACE, "10")
    dearer = finding("V-010", {"location": "L1"}, "1000")
    symptom = finding("C-006", PLACE, "90")
    headers = [CAUSE, SYMPTOM, header("V-010", explains=["C-006"], entities=["location"])]
    roots, exposure, _ = fold_of(tmp_path, headers, [nearer, dearer, symptom])
    assert roots[symptom["fingerprint"]] == nearer["fingerprint"], "two shared columns are more than one"
    assert exposure["by_currency"][0]["gross"] == "1010"


def test_a_chain_ends_at_its_first_cause(tmp_path: Path) -> None:
    headers = [header("V-010", explains=["C-035"]), header("C-035", explains=["C-006"]), header("C-006")]
    headers[0]["entities"] = ["location"]
    headers[2]["entities"] = ["product"]
    first, middle, last = (finding("V-010", PLACE, "1"), finding("C-035", PLACE, "2"), finding("C-006", PLACE, "4"))
    roots, exposure, _ = fold_of(tmp_path, headers, [first, middle, last])
    assert set(roots.values()) == {first["fingerprint"]}
    assert exposure["by_currency"] == [total("NGN", 1, "1", "1", "0", "6")]


def test_rules_that_explain_each_other_keep_one_direction() -> None:
    def rule(rule_id: str, *explains: str) -> RuleHeader:
        return RuleHeader(rule_id, "1", "pattern", {"en": rule_id}, Severity.LOW, explains=explains)

    rules = {"A": rule("A", "B"), "B": rule("B", "C"), "C": rule("C", "A", "unheard-of"), "D": rule("D", "D", "A")}
    assert explaining_pairs(rules) == [("A", "B"), ("A", "C"), ("B", "C"), ("D", "A"), ("D", "B"), ("D", "C")]


def test_currencies_are_never_added_and_net_has_the_sign_of_the_delta(tmp_path: Path) -> None:
    findings = [
        finding("C-006", {"product": "P1", "location": "L"}, "100", delta_value=Decimal(-100)),
        finding("C-006", {"product": "P2", "location": "L"}, "30", delta_value=Decimal(30), recoverable=True),
        finding("C-006", {"product": "P3", "location": "L"}, "-7", currency="EUR"),
    ]
    books = Upstream(tmp_path, findings=findings, headers=[SYMPTOM])
    books.tables["conventions"] = [{"name": "currency", "value": "NGN"}]
    _, exposure, _ = folded(books.job())
    assert exposure["by_currency"] == [total("NGN", 2, "130", "-70", "30"), total("EUR", 1, "7", "-7", "0")]


def test_many_cases_of_one_rule_at_one_place_are_one_story(tmp_path: Path) -> None:
    findings = [finding("C-006", {"product": f"P{n}", "location": "L1"}, "-10") for n in range(FOLDS_ABOVE + 1)]
    findings += [finding("C-006", {"product": f"P{n}", "location": "L2"}, "10") for n in range(FOLDS_ABOVE)]
    _, exposure, stories = fold_of(tmp_path, [SYMPTOM], findings)
    assert [story["cases"] for story in stories] == [FOLDS_ABOVE + 1] + [1] * FOLDS_ABOVE
    assert stories[0]["place"] == "L1"
    assert stories[0]["net"] == -40
    assert sum(story["gross"] for story in stories) == Decimal(exposure["by_currency"][0]["gross"])


_HEADERS = [
    header("V-010", explains=["C-035"], entities=["location"]),
    header("C-035", explains=["C-006"]),
    header("C-006"),
    header("P-008", explains=["C-006"], entities=["product"], recoverable=True),
]
_PERIODS = [(None, None), JANUARY, MARCH, (JANUARY[0], MARCH[1]), (MARCH[1], None)]


def drawn(
    rule: str,
    product: str | None,
    location: str | None,
    impact: int | None,
    period: tuple[date | None, date | None],
    n: int,
) -> dict[str, Any]:
    cost = None if impact is None else str(impact)
    identity = {"product": product, "location": location, "n": n}
    return finding(rule, identity, cost, start=period[0], end=period[1])


def by_fingerprint(row: dict[str, Any]) -> str:
    return row["fingerprint"]


_finding = st.builds(
    drawn,
    st.sampled_from(["V-010", "C-035", "C-006", "P-008"]),
    st.sampled_from(["P1", "P2", None]),
    st.sampled_from(["L1", "L2", None]),
    st.none() | st.integers(-1000, 1000),
    st.sampled_from(_PERIODS),
    st.integers(0, 2),
)
_worlds = st.lists(_finding, max_size=14, unique_by=by_fingerprint)
_slow = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def run(findings: Sequence[dict[str, Any]]) -> tuple[dict[str, str], dict[str, Any], Rows]:
    with TemporaryDirectory() as folder:
        return fold_of(Path(folder), _HEADERS, list(findings))


def overlap(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    def bounds(row: Mapping[str, Any]) -> tuple[date, date]:
        start, end = row["period_start"], row["period_end"]
        return start or end or date.min, end or start or date.max

    return bounds(a)[0] <= bounds(b)[1] and bounds(b)[0] <= bounds(a)[1]


def shared(a: Mapping[str, Any], b: Mapping[str, Any], entities: Mapping[str, set[str]]) -> int:
    """Entity columns that two findings share, 0 where one that both fill differs."""
    identities = [{name: value for name, value in _identity(row).items() if value is not None} for row in (a, b)]
    common = entities[a["rule_id"]] & entities[b["rule_id"]] & set(identities[0]) & set(identities[1])
    return len(common) if all(identities[0][name] == identities[1][name] for name in common) else 0


def _identity(row: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(row["identity_json"])


def expected_roots(findings: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The definition, read aloud: for every finding its best cause, then up to the first."""
    closure = {"V-010": {"C-035", "C-006"}, "C-035": {"C-006"}, "P-008": {"C-006"}, "C-006": set[str]()}
    entities = {entry["id"]: set(entry["entities"]) for entry in _HEADERS}
    cause: dict[str, str] = {}
    for symptom in findings:
        found = [
            (-shared(row, symptom, entities), row["impact"] is None, -abs(row["impact"] or 0), row["rule_id"], row)
            for row in findings
            if symptom["rule_id"] in closure[row["rule_id"]]
            and shared(row, symptom, entities)
            and overlap(row, symptom)
        ]
        if found:
            best = min(found, key=lambda entry: (*entry[:4], entry[4]["fingerprint"]))
            cause[symptom["fingerprint"]] = best[4]["fingerprint"]
    roots: dict[str, str] = {}
    for row in findings:
        root = row["fingerprint"]
        while root in cause:
            root = cause[root]
        roots[row["fingerprint"]] = root
    return roots


@_slow
@given(_worlds)
def test_cases_are_as_defined_and_cost_what_their_causes_cost(findings: Rows) -> None:
    roots, exposure, stories = run(findings)
    assert roots == expected_roots(findings)
    priced = [row for row in findings if roots[row["fingerprint"]] == row["fingerprint"] and row["impact"] is not None]
    gross = sum(abs(row["impact"]) for row in priced)
    assert sum(Decimal(row["gross"]) for row in exposure["by_currency"]) == gross
    assert sum(Decimal(row["net"]) for row in exposure["by_currency"]) == sum(row["impact"] for row in priced)
    assert sum(story["gross"] or 0 for story in stories) == gross
    assert sum(story["findings"] for story in stories) == len(findings)


@_slow
@given(_worlds, st.randoms(use_true_random=False))
def test_the_order_of_findings_is_irrelevant(findings: Rows, random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert run(findings) == run(shuffled)


@_slow
@given(_worlds, st.lists(_finding, max_size=6, unique_by=by_fingerprint))
def test_secondary_symptoms_change_gross_by_nothing(findings: Rows, extra: Rows) -> None:
    """C-006 explains nothing, so its findings that a cause explains are symptoms and nothing else."""
    known = {row["fingerprint"] for row in findings}
    more = [row for row in extra if row["rule_id"] == "C-006" and row["fingerprint"] not in known]
    roots = expected_roots([*findings, *more])
    symptoms = [row for row in more if roots[row["fingerprint"]] != row["fingerprint"]]
    before, after = run(findings)[1]["by_currency"], run([*findings, *symptoms])[1]["by_currency"]

    def cost(totals: Rows) -> list[Decimal]:
        return [sum((Decimal(row[name]) for row in totals), Decimal()) for name in ("gross", "net", "recoverable")]

    assert cost(before) == cost(after)
