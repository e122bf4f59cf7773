"""Ids in addresses: what is no id is not there, in the same words as an unknown one."""

from uuid import UUID

from perito_kernel.errors import NotFound

from perito_edge.dashboard.visit import Visit


def analysis_id(visit: Visit) -> str:
    """The analysis that the address names. Raises `NotFound`."""
    return _id(visit, "analysis_id", "ANALYSIS_NOT_FOUND", "There is no such analysis: it may have been deleted.")


def dataset_id(visit: Visit) -> str:
    """The dataset that the address names. Raises `NotFound`."""
    return _id(visit, "dataset_id", "DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")


def _id(visit: Visit, name: str, reason: str, message: str) -> str:
    try:
        return str(UUID(visit.request.path_params[name]))
    except ValueError as error:
        raise NotFound(reason, message) from error
