"""A bucket that misbehaves: behind a proxy that cuts and slows its wire, and itself by what it is told."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.proxy import FaultProxy, Faults
from tests.servers.buckets import Buckets

TIMEOUT_SECONDS = 2
"""For which a service waits for an answer of the bucket, 30 otherwise."""


class FaultyBucket:
    """`wire` stands before the bucket, `service` is the bucket itself."""

    def __init__(self, service: Buckets, wire: FaultProxy) -> None:
        self.service = service
        self.wire = wire

    def settings(self, folder: Path) -> Mapping[str, str]:
        """What services are told; `folder` takes the credentials, of which the bucket looks at none."""
        credentials = folder / "bucket-key"
        credentials.write_text("anybody", "ascii")
        return {
            "PERITO_OBJECTS": f"s3://{self.service.bucket}/faults",
            "PERITO_S3_ENDPOINT": f"http://127.0.0.1:{self.wire.port}",
            "PERITO_S3_ALLOW_HTTP": "true",
            "PERITO_S3_ACCESS_KEY_FILE": str(credentials),
            "PERITO_S3_SECRET_KEY_FILE": str(credentials),
            "PERITO_S3_TIMEOUT_SECONDS": f"{TIMEOUT_SECONDS}",
        }

    def away(self) -> None:
        """Nothing is reached any more, on open connections neither."""
        self.wire.faults = Faults(refusing=True)
        self.wire.reset()

    def sound(self) -> None:
        """All is well again."""
        self.wire.faults = Faults()
        self.service.misbehave()


@asynccontextmanager
async def faulty(service: Buckets) -> AsyncGenerator[FaultyBucket]:
    """With its wire."""
    address = urlsplit(service.endpoint)
    assert address.hostname is not None
    assert address.port is not None
    wire = FaultProxy(address.hostname, address.port)
    await wire.start()
    try:
        yield FaultyBucket(service, wire)
    finally:
        await wire.stop()
