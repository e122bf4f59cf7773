"""Requests that Perito signs itself, held against those of Amazon's library."""
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false

import http.client
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from perito_kernel.errors import Unavailable
from perito_runtime.object_store import Unfinished
from perito_runtime.s3_uploads import S3Address, S3Uploads


@pytest.mark.parametrize("virtual", [False, True])
async def test_requests_are_signed_as_amazon_signs_them(monkeypatch: pytest.MonkeyPatch, virtual: bool) -> None:
    asked: list[tuple[str, str, dict[str, str]]] = []

    def note(self: http.client.HTTPConnection, method: str, url: str, headers: dict[str, str]) -> None:
        asked.append((method, f"http://{self.host}{url}", headers))
        raise OSError("not sent")

    monkeypatch.setattr(http.client.HTTPConnection, "request", note)
    address = S3Address("b", "eu-west-1", "http://b.example", ("AKID", "secret"), virtual_host=virtual)
    uploads = S3Uploads(address, "a/b", 1)
    with pytest.raises(Unavailable):
        await uploads.abort(Unfinished("tenants/x~y", "an/id+=", 0, datetime.now(UTC)))
    with pytest.raises(Unavailable):
        await anext(uploads.pages())
    assert [method for method, _, _ in asked] == ["DELETE", "GET"]
    for method, url, headers in asked:
        assert headers["Authorization"].endswith(f"Signature={_by_botocore(method, url, headers)}")


def _by_botocore(method: str, url: str, headers: dict[str, str]) -> str:
    unsigned = {name: value for name, value in headers.items() if name != "Authorization"}
    request = AWSRequest(method, url, unsigned)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials("AKID", "secret"), "s3", "eu-west-1")
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
