"""The command line as a client of the REST API: upload, submit, follow, fetch. It sees what any other client sees."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from perito_kernel.errors import Internal, PeritoError, Unavailable

_API = "/api/forensic"
_POLL_SECONDS = 0.15
_TIMEOUT = httpx.Timeout(60.0)
_ENDED = {"completed", "failed", "cancelled"}

Status = dict[str, Any]


class Refused(PeritoError):
    """A problem document, as an error: its sentence, then each place it names with its remedy.

    `again` where the service may be asked again in a moment.
    """

    def __init__(self, problem: dict[str, Any]) -> None:
        errors: list[dict[str, Any]] = problem.get("errors") or []
        places = [_place(entry) for entry in errors]
        message = " ".join([str(problem.get("detail", "")), *(place for place in places if place)])
        super().__init__(str(problem.get("reason", "HTTP_ERROR")), message.strip())
        self.again = problem.get("status") == HTTPStatus.SERVICE_UNAVAILABLE


class EdgeClient:
    """Calls one edge with one key. Raises `Refused` for every problem document, `Unavailable` where nobody answers."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def upload(self, files: Sequence[Path], mapping: Path | None) -> dict[str, Any]:
        """Streams the files; returns the dataset: its id, and each file with its SHA-256 and length."""
        with ExitStack() as opened:
            parts = [("files", (path.name, opened.enter_context(path.open("rb")))) for path in files]
            if mapping is not None:
                parts.append(("mapping", (mapping.name, opened.enter_context(mapping.open("rb")))))
            return await self._ask("POST", "/datasets", files=parts)

    async def submit(self, dataset_id: str, name: str, hints: Mapping[str, str] | None = None) -> str:
        """Returns the analysis' id. `hints`: currency and time zone, for books without a mapping."""
        params = {"hints": dict(hints)} if hints else {}
        answer = await self._ask("POST", "/analyze", json={"dataset_id": dataset_id, "name": name, "params": params})
        return str(answer["id"])

    async def wait(self, analysis_id: str, on_status: Callable[[Status], None]) -> Status:
        """Follows until the analysis ends; returns the last status. What was accepted goes on through a 503."""
        while True:
            try:
                status = await self._ask("GET", f"/status/{analysis_id}")
            except Refused as error:
                if not error.again:
                    raise
            else:
                on_status(status)
                if status["status"] in _ENDED:
                    return status
            await asyncio.sleep(_POLL_SECONDS)

    async def analysis(self, analysis_id: str) -> dict[str, Any]:
        """What an ended analysis found."""
        return await self._ask("GET", f"/analysis/{analysis_id}")

    async def export(self, analysis_id: str, form: str, target: Path, lang: str = "en") -> None:
        """Streams the report (`json`, or `html` in a language) into a file."""
        params = {"format": form, "lang": lang}
        async with self._http.stream("GET", f"{_API}/export/{analysis_id}", params=params) as response:
            if response.is_error:
                await response.aread()
                raise _refused(response)
            with target.open("wb") as file:
                async for chunk in response.aiter_bytes():
                    file.write(chunk)

    async def mapping(self, analysis_id: str) -> bytes:
        """The mapping that an analysis used."""
        response = await self._request("GET", f"/analysis/{analysis_id}/mapping")
        return response.content

    async def _ask(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        return dict((await self._request(method, path, **content)).json())

    async def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            response = await self._http.request(method, _API + path, **content)
        except httpx.TransportError as error:
            raise Unavailable("EDGE_UNREACHABLE", f"The service did not answer ({type(error).__name__}).") from error
        if response.is_error:
            raise _refused(response)
        return response


@asynccontextmanager
async def connect(address: str, key: str) -> AsyncGenerator[EdgeClient]:
    """A client of the edge at `unix:/path` or `host:port`."""
    socket = address.removeprefix("unix:") if address.startswith("unix:") else None
    transport = httpx.AsyncHTTPTransport(uds=socket)
    base = "http://localhost" if socket else f"http://{address}"
    async with httpx.AsyncClient(
        transport=transport, base_url=base, headers={"X-API-Key": key}, timeout=_TIMEOUT
    ) as http:
        yield EdgeClient(http)


def _refused(response: httpx.Response) -> PeritoError:
    try:
        return Refused(dict(response.json()))
    except ValueError:
        return Internal("HTTP_ERROR", f"The service answered {response.status_code} without a reason.")


def _place(entry: dict[str, Any]) -> str:
    named = [f"{word} {entry[word]}" for word in ("file", "row", "column") if entry.get(word) is not None]
    said = str(entry.get("detail") or "")
    remedy = str(entry.get("remedy") or "")
    where = f"({', '.join(named)})" if named else ""
    return " ".join(part for part in (said, where, remedy) if part)
