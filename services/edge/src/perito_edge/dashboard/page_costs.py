"""What a page costs of its key's quota: as much as the operations of REST that do the same."""

from collections.abc import Mapping, Sequence

from perito_edge.costs import cost_of

_REPORT = ("get_analysis",)
LIKE: Mapping[tuple[str, str], Sequence[str]] = {
    ("POST", "/upload"): ("create_dataset",),
    ("GET", "/datasets/{dataset_id}/mapping"): ("propose_mapping",),
    ("POST", "/datasets/{dataset_id}/analyses"): ("analyze",),
    ("GET", "/analyses/{analysis_id}"): _REPORT,
    ("GET", "/analyses/{analysis_id}/cases"): _REPORT,
    ("GET", "/analyses/{analysis_id}/figures"): _REPORT,
    ("GET", "/analyses/{analysis_id}/data"): _REPORT,
    ("GET", "/analyses/{analysis_id}/rules"): _REPORT,
    ("GET", "/analyses/{analysis_id}/findings/{fingerprint}"): _REPORT,
    ("POST", "/analyses/{analysis_id}/rerun"): ("rerun_analysis",),
    ("GET", "/trends"): 5 * _REPORT,
    ("GET", "/rules"): ("get_catalogue",),
    ("POST", "/rules/own"): ("create_rule",),
    ("POST", "/rules/own/{rule_id}"): ("update_rule",),
    ("GET", "/analyses/{analysis_id}/report.{kind}"): ("export_report",),
    ("GET", "/compare"): ("compare_analyses", "compare_findings"),
}
"""By method and path as its `Page` has them: operationIds. What is not named costs 1."""


def cost_of_page(method: str, path: str) -> int:
    """What one request for a page costs."""
    return sum(map(cost_of, LIKE.get((method, path), ()))) or 1
