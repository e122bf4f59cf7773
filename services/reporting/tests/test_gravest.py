"""What a rule told this time may be milder than the rule can be, and then it is shown as mild."""

from pathlib import Path

from perito_kernel.phases import RuleOutcome, RuleStatus

from .test_page import drawn
from .test_report import run
from .upstream import Upstream, finding, header


def books(folder: Path) -> Upstream:
    upstream = Upstream(folder)
    upstream.headers = [header("V-012"), header("V-021", severity="critical"), header("C-022"), header("C-006")]
    upstream.outcomes["V-021"] = RuleOutcome("V-021", "1", RuleStatus.FAILED, evaluated=7462, findings=1)
    upstream.findings = [
        finding("V-012", {"location": "IBD"}, severity="medium"),
        finding("V-021", {"location": "ABJ"}, severity="info"),
        finding("C-022", {"location": "PHC"}, severity="low"),
        finding("C-022", {"location": "LAG"}, severity="high"),
    ]
    return upstream


def test_steps_come_in_the_order_of_what_was_told(tmp_path: Path) -> None:
    document, _ = run(books(tmp_path).job())
    told = [(step["rule_id"], step["severity"]) for step in document["recommendations"]]
    assert told == [("C-022", "high"), ("V-012", "medium"), ("V-021", "info")]
    accounts = {rule["id"]: (rule["severity"], rule["gravest"]) for rule in document["rules"]}
    assert accounts["V-021"] == ("critical", "info")
    assert accounts["C-022"] == ("high", "high")
    assert accounts["C-006"] == ("high", None)


def test_the_caveat_names_what_failed_and_how_gravely(tmp_path: Path) -> None:
    page = drawn(books(tmp_path))
    caveat = page.split('<section class="sheet caveat">')[1].split("</section>")[0]
    told = [item.split("</li>")[0] for item in caveat.split("<li>")[1:]]
    (item,) = told
    assert "V-012" in item, "none of the rows of V-021 failed"
    assert "medium" in item.lower()
