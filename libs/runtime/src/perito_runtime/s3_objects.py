"""The object store in a bucket of an S3-compatible service.

A bucket moves nothing, and its copies and multipart uploads overwrite. What every service can do is refuse a PUT to a
key that is taken (If-None-Match). So a small object is one such PUT. A large one first takes its key with an empty
object, and the upload that completes later overwrites only this, its own. Each write leaves its mark in the object's
metadata: where an answer is lost, the mark says whose object it is.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import PeritoError, Precondition

from perito_runtime.logs import logger
from perito_runtime.object_store import Meter, Unfinished, check_key, corrupt
from perito_runtime.obstore_objects import ObstoreObjectStore, metered
from perito_runtime.s3_uploads import S3Address, S3Uploads
from perito_runtime.store_errors import exists, store_errors

if TYPE_CHECKING:
    from obstore import Attributes  # not importable at run time
    from obstore.store import ClientConfig, RetryConfig, S3Config

log = logger("objects")

PART_BYTES = 8 << 20
"""Of an upload's parts and of a download's ranges: each is a request that is tried again by itself."""
_PARTS_AT_ONCE = 2
_MARK = "perito-write"
_RETRY_SECONDS = 60
_CONNECT_SECONDS = 5


@dataclass(frozen=True)
class S3Settings:
    """`address` names endpoint, bucket and credentials. Each request may take `timeout_seconds` and is tried again
    `retries` times, for a minute at most, after `first_pause_seconds` and then ever longer, up to three seconds.
    """

    address: S3Address
    prefix: str = ""
    timeout_seconds: float = 30.0
    retries: int = 4
    first_pause_seconds: float = 0.2


class S3ObjectStore(ObstoreObjectStore):
    """A bucket, or what lies in it under a prefix."""

    def __init__(self, settings: S3Settings) -> None:
        super().__init__(_backend(settings))
        self._uploads = S3Uploads(settings.address, settings.prefix, settings.timeout_seconds)

    async def check(self) -> None:
        """Writes an object twice: the second time must be refused. Raises Precondition OBJECT_STORE_UNSUITABLE."""
        path = f"checks/{uuid.uuid4().hex}"
        with store_errors(path):
            await obstore.put_async(self.backend, path, b"", mode="create")
            try:
                await obstore.put_async(self.backend, path, b"", mode="create")
            except AlreadyExistsError:
                return
            finally:
                with contextlib.suppress(BaseError, OSError):  # what was found is the answer
                    await obstore.delete_async(self.backend, path)
        raise Precondition(
            "OBJECT_STORE_UNSUITABLE",
            "The object store overwrites objects that it is told not to (it ignores If-None-Match), so results could be"
            " lost. Use a version of it that supports conditional writes.",
        )

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        check_key(key)
        meter, mark = Meter(), uuid.uuid4().hex
        attributes: Attributes = {"Content-Type": media_type, _MARK: mark}
        head, rest = await _first_part(metered(chunks, meter))
        if rest is None:
            await self._create(key, head, attributes)
            return meter.ref(key, media_type)
        await self._create(key, b"", attributes)
        try:
            options = {"attributes": attributes, "buffer_size": PART_BYTES, "max_concurrency": _PARTS_AT_ONCE}
            await self.write(key, _joined(head, rest), key, **options)
        except BaseException:
            await self._withdraw(key, mark)
            raise
        return meter.ref(key, media_type)

    async def list_unfinished(self) -> AsyncGenerator[list[Unfinished], None]:
        """See `ObjectStore`. `modified` is when the upload began: the listing says no more."""
        async for page in self._uploads.pages():
            yield page

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """See `ObjectStore`."""
        await self._uploads.abort(upload)

    async def _create(self, key: str, content: bytes, attributes: "Attributes") -> None:
        """One PUT, refused where the key is taken. An answer that was lost is made up for by looking."""
        mark = str(attributes[_MARK])
        with store_errors(key):
            try:
                await obstore.put_async(self.backend, key, content, mode="create", attributes=attributes)
            except AlreadyExistsError as error:  # perhaps by the first try, whose answer never came
                if not await self._is_ours(key, mark):
                    raise exists(key) from error
            except BaseError:
                if not await self._is_ours(key, mark):
                    raise
            except asyncio.CancelledError:
                await self._withdraw(key, mark)
                raise

    async def _is_ours(self, key: str, mark: str) -> bool:
        try:
            found = await obstore.get_async(self.backend, key, options={"head": True})
        except FileNotFoundError:
            return False
        return found.attributes.get(_MARK) == mark

    async def _withdraw(self, key: str, mark: str) -> None:
        """Deletes what this write left; where that fails, the sweeper does it later."""
        try:
            with store_errors(key):
                if await self._is_ours(key, mark):
                    await obstore.delete_async(self.backend, key)
        except PeritoError as error:
            log.warning("object of a failed write stays", key=key, reason=error.reason)

    async def _chunks(self, ref: ObjectRef) -> AsyncGenerator[bytes, None]:
        """In ranges, the next one on its way while one is used."""
        with store_errors(ref.key):
            if ref.bytes == 0 and (await obstore.head_async(self.backend, ref.key))["size"] != 0:
                raise corrupt(ref.key)
        coming: asyncio.Task[bytes] | None = None
        try:
            for start in range(0, ref.bytes, PART_BYTES):
                chunk = await (coming or self._range(ref, start))
                following = start + PART_BYTES
                coming = asyncio.create_task(self._range(ref, following)) if following < ref.bytes else None
                yield chunk
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def _range(self, ref: ObjectRef, start: int) -> bytes:
        end = min(start + PART_BYTES, ref.bytes)
        failed: BaseError | None = None
        with store_errors(ref.key):
            for again in range(1, self.reads + 1):
                try:
                    result = await obstore.get_async(self.backend, ref.key, options={"range": (start, end)})
                    content = bytes(await result.bytes_async())
                    size = result.meta["size"]
                except BaseError as error:  # a range that is beyond the object's end, or an answer that makes no sense
                    failed, content = error, b""
                    size = (await obstore.head_async(self.backend, ref.key))["size"]
                if len(content) == end - start and size == ref.bytes:
                    return content
                if size != ref.bytes:
                    raise corrupt(ref.key)
                await asyncio.sleep(self.pause_seconds * 2**again)
            raise failed or corrupt(ref.key)


async def _first_part(chunks: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes] | None]:
    """What comes first, up to a part and a little; and the rest, None where that was all."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        if len(held) > PART_BYTES:
            return bytes(held), chunks
    return bytes(held), None


async def _joined(head: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield head
    async for chunk in rest:
        yield chunk


def _backend(settings: S3Settings) -> S3Store:
    address = settings.address
    config: S3Config = {"region": address.region, "virtual_hosted_style_request": address.virtual_host}
    if address.endpoint:
        config["endpoint"] = address.endpoint
    if address.credentials is not None:
        config["access_key_id"], config["secret_access_key"] = address.credentials
    client: ClientConfig = {
        "allow_http": address.endpoint.startswith("http://"),
        "connect_timeout": f"{_CONNECT_SECONDS}s",
        "timeout": f"{settings.timeout_seconds:.3f}s",
    }
    if address.authority is not None:
        client["root_certificate"] = address.authority
    first_pause = timedelta(seconds=settings.first_pause_seconds)
    retry: RetryConfig = {
        "max_retries": settings.retries,
        "retry_timeout": timedelta(seconds=_RETRY_SECONDS),
        "backoff": {"init_backoff": first_pause, "max_backoff": timedelta(seconds=3), "base": 2},
    }
    return S3Store(
        address.bucket, prefix=settings.prefix or None, config=config, client_options=client, retry_config=retry
    )
