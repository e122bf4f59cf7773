"""Books that were uploaded: which files, how they would be read, and the form that starts their examination."""

import asyncio
import json
import secrets
from collections.abc import Mapping

from perito.analysis.v1.analysis_pb2 import ProposeMappingRequest, SubmitAnalysisRequest
from perito.dataset.v1.intake_pb2 import MappingHints
from perito_kernel.errors import Invalid
from starlette.responses import RedirectResponse, Response

from perito_edge.dashboard.corrections import changes, corrected
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.ids import dataset_id
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.reading import Reading, digest, reading
from perito_edge.dashboard.remapping import remapped
from perito_edge.dashboard.visit import Visit
from perito_edge.mapping_views import proposal
from perito_edge.models import RegisteredDataset
from perito_edge.views import registered_dataset

_LONGEST_NAME = 200
_LONGEST_HINT = 64
_LONGEST_KEY = 100
_FORM_BYTES = 3 * 2**20
"""A mapping of the largest size, as a form writes it."""
_FIELDS = 2000
"""One for each column that is shown, and the others."""


async def books(visit: Visit) -> Response:
    """The files, and the form. How they would be read is asked for by the page's script: it may take a minute. Files
    that came with a mapping are read by it, which may be corrected as text.
    """
    found = await visit.given.orchestrator.dataset(visit.caller, dataset_id(visit))
    dataset, held = registered_dataset(found), ""
    if found.dataset.HasField("mapping"):
        limit = visit.given.settings.max_mapping_bytes
        held = (await visit.given.store.read_bytes(found.dataset.mapping, limit)).decode("utf-8", "replace")
    return _drawn(visit, "books", dataset, None, _hints(visit.query), held)


async def mapping(visit: Visit) -> Response:
    """How the files would be read: a part of the page for its script, the whole page otherwise. Files with a mapping
    are read without it where the address says `anew`.
    """
    dataset = registered_dataset(await visit.given.orchestrator.dataset(visit.caller, dataset_id(visit)))
    if dataset.mapping is not None and "anew" not in visit.query:
        return RedirectResponse(f"/datasets/{dataset.dataset_id}", 303)
    asked = _hints(visit.query)
    request = ProposeMappingRequest(dataset_id=dataset.dataset_id, hints=MappingHints(**asked))
    answer = await visit.given.orchestrator.propose(visit.caller, request)
    proposed = reading(proposal(answer), answer.targets, visit.voice)
    return _drawn(visit, "reading" if "part" in visit.query else "books", dataset, proposed, asked)


async def submit(visit: Visit) -> Response:
    """Starts the examination, of the books as they are or with the mapping of the form."""
    wanted = dataset_id(visit)
    name = visit.form.get("name", "").strip()
    if len(name) > _LONGEST_NAME or (name and not name.isprintable()):
        raise Invalid("ANALYSIS_INVALID", "The name has at most 200 printable characters. Shorten it.")
    key = visit.form.get("key", "")[:_LONGEST_KEY]
    mapping = visit.form.get("mapping", "").replace("\r\n", "\n").strip()
    if asked := changes(visit.form):
        mapping = (await asyncio.to_thread(corrected, mapping, asked)).strip()
    if mapping and digest(mapping) != visit.form.get("proposed", ""):
        wanted = await remapped(visit.given, visit.caller, wanted, f"{mapping}\n", key)
    hints = {hint: value for hint, value in _hints(visit.form).items() if value}
    request = SubmitAnalysisRequest(
        dataset_id=wanted,
        name=name,
        params_json=json.dumps({"hints": hints} if hints else {}, sort_keys=True),
        idempotency_key=key,
    )
    answer = await visit.given.orchestrator.submit(visit.caller, request)
    return RedirectResponse(f"/analyses/{answer.analysis.analysis_id}", 303)


def _drawn(
    visit: Visit,
    template: str,
    dataset: RegisteredDataset,
    proposed: Reading | None,
    hints: Mapping[str, str],
    held: str = "",
) -> Response:
    """`held` is the mapping that the files came with. One that is proposed for such files is another one whatever it
    says, so the form does not say that it is as it was.
    """
    has_mapping = dataset.mapping is not None
    return draw(
        template,
        visit,
        dataset=dataset,
        key=secrets.token_urlsafe(24),
        reading=proposed,
        proposed="" if has_mapping or proposed is None else proposed.digest,
        held=held,
        held_digest=digest(held.replace("\r\n", "\n").strip()),
        currency=hints["currency"],
        timezone=hints["timezone"],
    )


def _hints(said: Mapping[str, str]) -> dict[str, str]:
    """What somebody knows of books without a mapping."""
    currency, timezone = (said.get(name, "").strip()[:_LONGEST_HINT] for name in ("currency", "timezone"))
    return {"currency": currency.upper(), "timezone": timezone}


PAGES = (
    Page("/datasets/{dataset_id}", books, scope="submit"),
    Page("/datasets/{dataset_id}/mapping", mapping, scope="submit"),
    Page("/datasets/{dataset_id}/analyses", submit, "POST", scope="submit", form_bytes=_FORM_BYTES, fields=_FIELDS),
)
