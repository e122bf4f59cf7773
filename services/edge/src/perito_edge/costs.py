"""What a request costs of its key's quota, by operation: about what it costs the service, a read of one row being 1."""

from collections.abc import Mapping

COSTS: Mapping[str, int] = {
    "create_dataset": 5,
    "propose_mapping": 5,
    "analyze": 5,
    "batch_analyze": 20,
    "rerun_analysis": 5,
    "create_rule": 5,
    "update_rule": 5,
    "check_rule": 5,
    "get_analysis": 2,
    "get_catalogue": 2,
    "compare_analyses": 2,
    "compare_findings": 2,
    "compare_cases": 2,
    "export_report": 2,
    "export_report_by_post": 2,
}
"""By operationId. What is not named, and what is no operation at all, costs 1."""


def cost_of(operation_id: str) -> int:
    """What one request of an operation costs."""
    return COSTS.get(operation_id, 1)
