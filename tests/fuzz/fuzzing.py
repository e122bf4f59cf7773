"""Makes up requests from the API description, sends them to a real server and holds every answer to the description.

Half of the requests keep to the description and half break it, in every operation alike. Most name datasets and
analyses that are there, so that they go deeper than 404. Requests are made from one seed; how far the analyses have
come when they arrive is not.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, Response
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

# The library's own types are generic in what it leaves open.
_Library: Any = schemathesis
_Checks: Any = checks
_Operation = Any
_Case = Any
_Kind = tuple[_Operation, GenerationMode]
_REJECTION: Any = _Checks.negative_data_rejection
_MODES: Sequence[GenerationMode] = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CHECKS: list[Any] = [
    _Library.checks.not_a_server_error,
    _Checks.status_code_conformance,
    _Checks.content_type_conformance,
    _Checks.response_headers_conformance,
    _Checks.response_schema_conformance,
    _REJECTION,
]
_REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "431", "5xx"]
"""How what breaks the description may be refused: the library's list and 413, for a batch of too many analyses."""
_BUSY_SECONDS = 60.0
_TOLD_EVERY = 500
_KEPT = 20
"""Failures of one kind and operation are alike: the first is told, and not more kinds than this."""


@dataclass
class Fuzzed:
    """What came of it: answers by operation and status, and each kind of failure with a request that shows it."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    failures: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return self.answers.total()

    def told(self) -> str:
        """The failures, for people."""
        return "\n\n".join(f"{kind}:\n{shown}" for kind, shown in self.failures.items())


class Fuzzer:
    """Sends requests to one server. `real`: ids that are there, by the name of their parameter."""

    def __init__(self, address: str, key: str, real: Mapping[str, Sequence[str]], first_seed: int) -> None:
        self.found = Fuzzed()
        self._base = f"http://{address}"
        self._headers = {"X-API-Key": key}
        self._real = real
        self._seed = first_seed
        self._session = requests.Session()
        self._say: Callable[[str], None] = lambda _line: None
        config = _Library.Config.from_dict(
            {
                "generation": {"with-security-parameters": False},
                "checks": {"negative_data_rejection": {"expected-statuses": _REFUSED}},
            }
        )
        url = f"{self._base}/api/forensic/openapi.json"
        self._schema: Any = schemathesis.openapi.from_url(url, headers=self._headers, config=config)

    def run(self, count: int, say: Callable[[str], None]) -> Fuzzed:
        """Sends `count` requests, spread evenly over the operations."""
        self._say = say
        operations: list[_Operation] = [found.ok() for found in self._schema.get_all_operations()]
        kinds: list[_Kind] = [(operation, mode) for operation in operations for mode in _MODES]
        while kinds and self.found.requests < count:
            share = max(1, (count - self.found.requests) // len(kinds))
            left: list[_Kind] = [
                (operation, mode)
                for operation, mode in kinds
                if self.found.requests < count and self._send_some(operation, mode, share)
            ]
            kinds = left
        return self.found

    def _send_some(self, operation: _Operation, mode: GenerationMode, share: int) -> bool:
        """Whether the operation has requests of this kind at all."""
        self._seed += 1

        @seed(self._seed)
        @settings(
            max_examples=share,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )
        @given(case=self._cases(operation, mode))
        def send(case: _Case) -> None:
            self._send(case)

        before = self.found.requests
        try:
            send()
        except Unsatisfiable:
            return False
        return self.found.requests > before

    def _cases(self, operation: _Operation, mode: GenerationMode) -> st.SearchStrategy[_Case]:
        names = [parameter.name for parameter in operation.path_parameters]
        made: st.SearchStrategy[_Case] = operation.as_strategy(generation_mode=mode)
        choices = [made]
        if mode is GenerationMode.POSITIVE:
            choices.append(st.builds(_of_a_dataset, made, st.sampled_from(self._real["dataset_id"])))
        for name in names:
            for real in self._real[name]:
                fixed = {name: real}
                choices.append(operation.as_strategy(generation_mode=mode, path_parameters=fixed))
        return st.one_of(choices)

    def _send(self, case: _Case) -> None:
        response = self._answer(case)
        self.found.answers[case.operation.label, response.status_code] += 1
        if self.found.requests % _TOLD_EVERY == 0:
            kinds = len(self.found.failures)
            self._say(f"{self.found.requests:,} answered, {kinds} kinds of failure; now {case.operation.label}")
        try:
            asked = [check for check in CHECKS if check is not _REJECTION] if _refuses_an_entry(response) else CHECKS
            case.validate_response(response, checks=asked, headers=self._headers)
        except FailureGroup as group:
            for failure in group.exceptions:
                if _is_of_the_library(case, str(failure)):
                    continue
                kind = f"{case.operation.label}: {response.status_code}: {type(failure).__name__}"
                if len(self.found.failures) < _KEPT and kind not in self.found.failures:
                    self.found.failures[kind] = str(group)
                    self._say(f"failed: {kind}\n{group}")

    def _answer(self, case: _Case) -> Response:
        """The answer; where the server is busy, the one that it gives when asked again as it says."""
        until = time.monotonic() + _BUSY_SECONDS
        while True:
            response = case.call(base_url=self._base, session=self._session, headers=self._headers, timeout=60)
            after = response.headers.get("retry-after")
            if response.status_code != 503 or after is None or time.monotonic() > until:
                return response
            time.sleep(float(after[0]))


def _is_of_the_library(case: _Case, said: str) -> bool:
    """A part of a form is described as `format: binary`. The library breaks that with text, which goes out as bytes."""
    return case.media_type == "multipart/form-data" and "violates `format` at /properties/" in said


def _refuses_an_entry(response: Response) -> bool:
    """A batch is accepted as a whole; an entry that breaks the description is refused in its place (decision 0064)."""
    if response.status_code != 202:
        return False
    body: Any = response.json()
    return any(entry["problem"] is not None for entry in body.get("results", ()))


def _of_a_dataset(case: _Case, dataset_id: str) -> _Case:
    """The same request, but one that can be accepted: its dataset is there, and no rule is named that is none."""
    body: Any = case.body
    if isinstance(body, dict) and "dataset_id" in body:
        body["dataset_id"] = dataset_id
        body.pop("params", None)  # pyright: ignore[reportUnknownMemberType] -- a body is whatever was made up
    return case
