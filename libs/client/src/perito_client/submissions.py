"""Books and what is asked of them: uploading, reading, submitting; with a key by which nothing is made twice."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from perito_client.arguments import Id, as_id
from perito_client.errors import ClientError, Refused
from perito_client.generated.api.analyses import analyze, batch_analyze, rerun_analysis
from perito_client.generated.api.datasets import get_dataset
from perito_client.generated.api.mappings import propose_mapping
from perito_client.generated.models import (
    Accepted,
    AnalyzeRequest,
    BatchRequest,
    Dataset,
    Hints,
    MappingProposal,
    Problem,
    RegisteredDataset,
    RerunRequest,
)
from perito_client.transport import PREFIX, Calls, Patience
from perito_client.upload import Form


class SubmissionCalls(Calls):
    """The calls that bring books and have them examined. Every method raises `ClientError`."""

    async def upload(
        self,
        files: Mapping[str, Path] | Sequence[Path],
        mapping: Path | None = None,
        idempotency_key: str | None = None,
    ) -> Dataset:
        """Streams files from disk, with their SHA-256. Findings name them as `files` does, or by their own names."""
        named = _named(files)
        form = Form(named, mapping)
        key = {"Idempotency-Key": idempotency_key or str(uuid4())}

        async def send() -> Dataset:
            # The generated call reads files in the loop, where everything else waits, and cannot hash them as they go.
            response = await self._transport.http.post(
                f"{PREFIX}/datasets", content=form.body(), headers=form.headers | key
            )
            return Dataset.from_dict(response.json())

        return await self._transport.patiently(send)

    async def dataset(self, dataset_id: Id) -> RegisteredDataset:
        """The files of a dataset."""
        call = self._transport.api
        return await self._transport.answered(lambda: get_dataset.asyncio_detailed(as_id(dataset_id), client=call))

    async def propose_mapping(self, dataset_id: Id, *, currency: str = "", timezone: str = "") -> MappingProposal:
        """How the files could be read; keeps nothing. Waits while the service is busy with analyses."""
        call, hints = self._transport.api, Hints(currency=currency, timezone=timezone)
        return await self._transport.answered(
            lambda: propose_mapping.asyncio_detailed(as_id(dataset_id), client=call, body=hints)
        )

    async def submit(
        self,
        dataset_id: Id,
        *,
        name: str = "",
        phases: Iterable[int] | None = None,
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Accepts an analysis of a dataset. After this it reaches an end, whatever happens to the service."""
        return await self.analyze(
            {"dataset_id": str(dataset_id), **_options(name, phases, params)}, idempotency_key=idempotency_key
        )

    async def submit_books(
        self,
        books: Mapping[str, Any],
        *,
        name: str = "",
        phases: Iterable[int] | None = None,
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Accepts books that come along: `providers`, `transactions` and `inventory`, rows as objects."""
        return await self.analyze({"data": books, **_options(name, phases, params)}, idempotency_key=idempotency_key)

    async def analyze(self, request: Mapping[str, Any], *, idempotency_key: str | None = None) -> Accepted:
        """Submits a body as the API describes it."""
        call, body, key = self._transport.api, AnalyzeRequest.from_dict(request), idempotency_key or str(uuid4())
        return await self._transport.answered(
            lambda: analyze.asyncio_detailed(client=call, body=body, idempotency_key=key)
        )

    async def submit_batch(
        self, requests: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> list[Accepted | Refused]:
        """Submits up to 100 bodies as `analyze` takes them. What became of each, in their order: one that is refused
        leaves the others as they are, and its refusal is returned and not raised. Where the service had no time for
        some, the batch is sent again with its key, as long as patience lasts after the last that was accepted.
        """
        body = BatchRequest(analyses=[AnalyzeRequest.from_dict(request) for request in requests])
        key, patience, accepted = idempotency_key or str(uuid4()), Patience(self._transport.patience), 0
        while True:
            entries = await self._sent(body, key)
            passing = [entry for entry in entries if isinstance(entry, Refused) and entry.passing]
            if not passing:
                return entries
            before, accepted = accepted, sum(isinstance(entry, Accepted) for entry in entries)
            if accepted > before:
                patience.renew()
            try:
                await patience.bear(passing[0])
            except Refused:
                return entries

    async def _sent(self, body: BatchRequest, key: str) -> list[Accepted | Refused]:
        call = self._transport.api
        answer = await self._transport.answered(
            lambda: batch_analyze.asyncio_detailed(client=call, body=body, idempotency_key=key)
        )
        return [
            result.accepted or Refused(result.status, result.problem and Problem.from_dict(result.problem.to_dict()))
            for result in answer.results
        ]

    async def rerun(
        self,
        analysis_id: Id,
        *,
        name: str | None = None,
        phases: Iterable[int] | None = None,
        params: Mapping[str, Any] | None = None,
        mapping: str | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Accepts an analysis of the same books: what is not named is as before, `params` are changes to the old ones
        (RFC 7396: what is None goes), `mapping` is another one as YAML.
        """
        named = {word: text for word, text in (("name", name), ("mapping", mapping)) if text is not None}
        call, key = self._transport.api, idempotency_key or str(uuid4())
        body = RerunRequest.from_dict(_options("", phases, params) | named)
        return await self._transport.answered(
            lambda: rerun_analysis.asyncio_detailed(as_id(analysis_id), client=call, body=body, idempotency_key=key)
        )


def _named(files: Mapping[str, Path] | Sequence[Path]) -> Mapping[str, Path]:
    named: dict[str, Path] = {}
    pairs = files.items() if isinstance(files, Mapping) else ((path.name, path) for path in files)
    for name, path in pairs:
        if name in named:
            raise ClientError(f"Two files are called {path.name}: give them names of their own.")
        named[name] = path
    return named


def _options(name: str, phases: Iterable[int] | None, params: Mapping[str, Any] | None) -> dict[str, Any]:
    given = {"name": name, "phases": None if phases is None else list(phases), "params": dict(params or {})}
    return {word: value for word, value in given.items() if value}
