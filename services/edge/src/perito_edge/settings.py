"""Limits and time bounds of the edge, in one value.

Whoever composes the process fills it in. Every limit appears in the problem document that its breach causes, so a
client learns it without a manual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from perito_runtime.key_ring import POSITIVE_SECONDS

SCOPES = ("read", "submit", "rules", "metrics", "admin")


@dataclass(frozen=True)
class EdgeSettings:
    """Sizes in bytes, times in seconds."""

    max_files: int = 200
    max_file_bytes: int = 10 * 2**30
    max_upload_bytes: int = 20 * 2**30
    max_mapping_bytes: int = 2**20
    max_name_characters: int = 255
    # Of a JSON body: `max_data_bytes` with the books that it may bring, `max_json_bytes` without them.
    max_data_bytes: int = 64 * 2**20
    max_json_bytes: int = 384 * 2**10
    # A row is parsed in the serving loop.
    max_row_bytes: int = 64 * 2**10
    max_json_depth: int = 32
    max_batch: int = 100
    # What is no book in all entries of a batch together.
    max_batch_json_bytes: int = 2**20
    batch_seconds: float = 30.0
    # A body that stops arriving holds a slot, a socket and half a dataset.
    body_idle_seconds: float = 30.0
    # More than this at once are told to come back: each holds a socket and a stream into the store.
    max_uploads_at_once: int = 16
    rpc_seconds: float = 10.0
    health_rpc_seconds: float = 1.0
    # A preview of a mapping reads the files.
    propose_seconds: float = 120.0
    max_hints_bytes: int = 4096
    key_positive_seconds: float = POSITIVE_SECONDS
    key_negative_seconds: float = 1.0
    key_cache_entries: int = 10_000
    findings_shown: int = 100
    # An event stream takes a socket, a call to the orchestrator and its questions to the database.
    max_event_streams: int = 256
    max_event_streams_per_key: int = 32
    event_stream_seconds: float = 900.0
    # JSON above this is not parsed in the serving loop (architecture, section 5).
    max_section_bytes: int = 2**20
    report_cache_entries: int = 16
    retry_after_seconds: int = 1
    # Of one key a minute, by scope; an operation may cost more than 1 (perito_edge.costs).
    rate_read: int = 100
    rate_submit: int = 100
    rate_rules: int = 100
    rate_metrics: int = 100
    rate_admin: int = 100
    # The most that a quota of a key's own may be, or as much as every key has where that is more.
    rate_most: int = 10_000
    # Keys of one address that were refused, a minute.
    rate_unknown_keys: int = 30
    # How many edges share the quotas where each counts alone.
    replicas: int = 1
    # Told to those who came by TLS, which a trusted proxy says.
    hsts_seconds: int = 365 * 24 * 3600
    cors_origins: tuple[str, ...] = ()

    @classmethod
    def for_each_scope(cls, rate: int) -> Self:
        """The settings where nothing is set but one quota for every scope."""
        rates: dict[str, Any] = {f"rate_{scope}": rate for scope in SCOPES}
        return cls(**rates)

    def quotas(self) -> Mapping[str, int]:
        """Quotas of a key by scope."""
        return {scope: getattr(self, f"rate_{scope}") for scope in SCOPES}

    def most_rate(self, scope: str) -> int:
        """The most that a key's own quota of a scope gives."""
        return max(self.rate_most, self.quotas()[scope])


def is_origin(text: str) -> bool:
    """Whether it is written as browsers send it: `https://host`, with a port or without, and nothing behind."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        return False
