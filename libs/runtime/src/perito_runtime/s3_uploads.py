"""What obstore does not offer of S3: listing the multipart uploads that nobody completed, and aborting them.

A process that is killed while it uploads leaves parts that no listing of objects shows and that are paid for until
somebody aborts the upload. Two requests, signed as AWS Signature Version 4 says
(https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
"""

import asyncio
import hashlib
import hmac
import http.client
import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from perito_runtime.logs import logger
from perito_runtime.object_store import Unfinished
from perito_runtime.store_errors import failed

log = logger("objects")

_PAGE = 500
_ANSWER_BYTES = 4 << 20
_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class S3Address:
    """Where a bucket is. `credentials` (key id, secret) None: those of the machine's role. `endpoint` empty: Amazon's.
    `authority`: PEM of further certificate authorities.
    """

    bucket: str
    region: str = "us-east-1"
    endpoint: str = ""
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    authority: bytes | None = field(default=None, repr=False)
    virtual_host: bool = False


class S3Uploads:
    """Multipart uploads under a prefix of a bucket. Without credentials of its own it sees none: the role's are
    obstore's alone, and a lifecycle rule of the bucket must abort what nobody completed.
    """

    def __init__(self, address: S3Address, prefix: str, timeout_seconds: float) -> None:
        self._address = address
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._timeout_seconds = timeout_seconds

    async def pages(self) -> AsyncGenerator[list[Unfinished], None]:
        """Every upload that was begun and neither completed nor aborted. Raises Unavailable OBJECT_STORE_FAILED."""
        if self._address.credentials is None:
            log.warning("unfinished uploads are not seen", hint="give the bucket a rule that aborts them")
            return
        at: dict[str, str] = {}
        while True:
            query = {"uploads": "", "prefix": self._prefix, "max-uploads": str(_PAGE), **at}
            answer = await asyncio.to_thread(self._ask, "GET", "", query)
            page = _Listing(answer, self._prefix)
            yield page.uploads
            if not page.next:
                return
            at = page.next

    async def abort(self, upload: Unfinished) -> None:
        """Frees its parts. One that is gone is no error."""
        await asyncio.to_thread(self._ask, "DELETE", self._prefix + upload.key, {"uploadId": upload.token})

    def _ask(self, method: str, key: str, query: Mapping[str, str]) -> bytes:
        try:
            status, answer = self._request(method, key, query)
        except (OSError, http.client.HTTPException) as error:
            raise failed(key) from error
        if status == http.HTTPStatus.NOT_FOUND and method == "DELETE":
            return b""
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise failed(key) from OSError(f"{method} answered {status}: {answer[:300]!r}")
        return answer

    def _request(self, method: str, key: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        host, path, secure = self._place(key)
        text = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(query.items()))
        headers = _signed(self._address, method, host, path, text)
        if secure:
            context = ssl.create_default_context()
            if self._address.authority is not None:
                context.load_verify_locations(cadata=self._address.authority.decode("ascii"))
            connection = http.client.HTTPSConnection(host, timeout=self._timeout_seconds, context=context)
        else:
            connection = http.client.HTTPConnection(host, timeout=self._timeout_seconds)
        try:
            connection.request(method, f"{path}?{text}", headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(_ANSWER_BYTES)
        finally:
            connection.close()

    def _place(self, key: str) -> tuple[str, str, bool]:
        """Host, path and whether it is TLS."""
        address = self._address
        given = urlsplit(address.endpoint or f"https://s3.{address.region}.amazonaws.com")
        base = given.path.rstrip("/")
        if address.virtual_host:
            host = given.netloc if address.endpoint else f"{address.bucket}.{given.netloc}"
            return host, f"{base}/{quote(key, safe='/~')}", given.scheme == "https"
        return given.netloc, f"{base}/{address.bucket}/{quote(key, safe='/~')}", given.scheme == "https"


class _Listing:
    """An answer to ListMultipartUploads."""

    def __init__(self, answer: bytes, prefix: str) -> None:
        try:
            root = ElementTree.fromstring(answer)  # noqa: S314 - the store's own answer; expat bounds what entities become
            self.uploads = [_upload(item, prefix) for item in root.iterfind("{*}Upload")]
        except (ElementTree.ParseError, ValueError) as error:
            raise failed("") from error
        self.next: dict[str, str] = {}
        if _text(root, "IsTruncated") == "true":
            self.next = {"key-marker": _text(root, "NextKeyMarker")}
            if marker := _text(root, "NextUploadIdMarker"):
                self.next["upload-id-marker"] = marker


def _upload(item: "ElementTree.Element[str]", prefix: str) -> Unfinished:
    began = datetime.fromisoformat(_text(item, "Initiated"))
    return Unfinished(_text(item, "Key").removeprefix(prefix), _text(item, "UploadId"), 0, began)


def _text(item: "ElementTree.Element[str]", name: str) -> str:
    return item.findtext(f"{{*}}{name}") or ""


def _signed(address: S3Address, method: str, host: str, path: str, query: str) -> dict[str, str]:
    """Headers of a request without a body."""
    key_id, secret = address.credentials or ("", "")
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{address.region}/s3/aws4_request"
    names = "host;x-amz-content-sha256;x-amz-date"
    lines = (f"host:{host}", f"x-amz-content-sha256:{_NOTHING}", f"x-amz-date:{now}")
    canonical = "\n".join((method, path, query, *lines, "", names, _NOTHING))
    to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return {
        "Host": host,
        "x-amz-content-sha256": _NOTHING,
        "x-amz-date": now,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key_id}/{scope},SignedHeaders={names},Signature={signature}",
    }


def _quoted(text: str) -> str:
    return quote(text, safe="~")
