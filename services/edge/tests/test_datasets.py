"""Uploads: what arrives is stored byte by byte, what is wrong is named, and what fails leaves nothing behind."""

import base64
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Invalid, PeritoError, Unavailable

from .conftest import MAPPING, Edge
from .orchestrator_double import OTHER_KEY, READ_KEY, TENANT

Files = list[tuple[str, tuple[str | None, bytes] | tuple[str | None, bytes, str, dict[str, str]]]]
URL = "/api/forensic/datasets"
SALES = b"day,sku,qty\r\n2026-03-01,A1,3\r\n" * 3000


def upload(*files: tuple[str, bytes], mapping: bytes | None = MAPPING) -> Files:
    """Parts of an upload."""
    parts: Files = [("files", file) for file in files]
    return parts if mapping is None else [*parts, ("mapping", ("m.yaml", mapping))]


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def test_what_arrives_is_stored_registered_and_answered(edge: Edge) -> None:
    response = await edge.client.post(URL, files=upload(("ventas niño.csv", SALES), ("empty.csv", b"")))
    body = response.json()
    assert response.status_code == 201, body
    assert response.headers["Location"] == f"{URL}/{body['dataset_id']}"
    assert "Idempotency-Replayed" not in response.headers
    assert body["files"] == [
        {"name": "ventas niño.csv", "bytes": len(SALES), "sha256": sha(SALES), "media_type": "text/csv"},
        {"name": "empty.csv", "bytes": 0, "sha256": sha(b""), "media_type": "text/csv"},
    ]
    assert body["mapping"]["sha256"] == sha(MAPPING)
    registered = edge.double.datasets[body["dataset_id"]]
    prefix = f"tenants/{TENANT}/datasets/{body['dataset_id']}"
    assert [file.object.key for file in registered.files] == [f"{prefix}/0", f"{prefix}/1"]
    assert registered.mapping.key == f"{prefix}/mapping.yaml"
    assert (edge.store.root / prefix / "0").read_bytes() == SALES
    assert edge.objects() == [f"{prefix}/0", f"{prefix}/1", f"{prefix}/mapping.yaml"]


async def test_where_the_upload_says_the_dataset_is_it_is(edge: Edge) -> None:
    uploaded = await edge.client.post(URL, files=upload(("ventas niño.csv", SALES), ("empty.csv", b"")))
    edge.client.headers["X-API-Key"] = READ_KEY
    response = await edge.client.get(uploaded.headers["Location"])
    assert response.status_code == 200, response.text
    assert response.json() == {**uploaded.json(), "created_at": "2026-03-01T10:00:00.000Z"}


async def test_a_mapping_is_not_required(edge: Edge) -> None:
    response = await edge.client.post(URL, files=upload(("a.csv", SALES), mapping=None))
    body = response.json()
    assert (response.status_code, body["mapping"]) == (201, None)
    assert not edge.double.datasets[body["dataset_id"]].HasField("mapping")
    assert edge.objects() == [f"tenants/{TENANT}/datasets/{body['dataset_id']}/0"]
    assert (await edge.client.get(response.headers["Location"])).json()["mapping"] is None


async def test_an_unknown_dataset_and_another_tenants_are_the_same_404(edge: Edge) -> None:
    mine = (await edge.client.post(URL, files=upload(("a.csv", b"1")))).headers["Location"]
    assert (await edge.client.get(mine)).status_code == 200
    edge.client.headers["X-API-Key"] = OTHER_KEY
    addresses = [mine, f"{URL}/{uuid.uuid4()}", f"{URL}/no-such-dataset"]
    problems = [(await edge.client.get(address)).json() for address in addresses]
    assert {(p["status"], p["reason"], p["detail"]) for p in problems} == {
        (404, "DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")
    }


HOSTILE = [
    *("", " ", ".", "../a.csv", "a/../b.csv", "/etc/passwd", "a\\b.csv", "a//b", "n" * 256),
    *("a\0.csv", "a\x01.csv", "a\x7f.csv", "a\u202ecsv.exe"),
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_file_name_is_refused(edge: Edge, name: str) -> None:
    head = '--b\r\nContent-Disposition: form-data; name="files"; filename="'
    body = f'{head}{name}"\r\n\r\nx\r\n--b--\r\n'.encode()
    response = await edge.client.post(URL, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (response.status_code, response.json()["reason"]) == (422, "FILE_NAME_INVALID")
    assert response.json()["errors"][0]["remedy"]
    assert edge.objects() == []


async def test_names_are_compared_as_readers_see_them(edge: Edge) -> None:
    files = upload(("nin\u0303o.csv", b"1"), ("ni\u00f1o.csv", b"2"))
    response = await edge.client.post(URL, files=files)
    assert (response.status_code, response.json()["reason"]) == (422, "FILE_NAME_TWICE")
    assert response.json()["errors"] == [{"file": "niño.csv"}]
    assert edge.objects() == []


@pytest.mark.parametrize(
    ("files", "status", "reason"),
    [
        (upload(), 422, "FILES_MISSING"),
        (upload(("a.csv", b"1"), mapping=b" \n"), 422, "MAPPING_UNREADABLE"),
        (upload(("a.csv", b"1"), mapping=b"\xff"), 422, "MAPPING_UNREADABLE"),
        (upload(("a.csv", b"1"), mapping=b"a: \x00"), 422, "MAPPING_UNREADABLE"),
        (upload(("a.csv", b"1"), mapping=b"a" * 101), 413, "MAPPING_TOO_LARGE"),
        ([*upload(("a.csv", b"1")), ("mapping", ("m", b"a"))], 422, "MAPPING_TWICE"),
        ([*upload(("a.csv", b"1")), ("file", ("b.csv", b"1"))], 422, "PART_UNKNOWN"),
        (upload(("a.csv", b"1"), ("b.csv", b"2"), ("c.csv", b"3")), 413, "TOO_MANY_FILES"),
        (upload(("a.csv", b"1" * 100), ("b.csv", b"1" * 1001)), 413, "FILE_TOO_LARGE"),
        (upload(("a.csv", b"1" * 990), ("b.csv", b"1" * 990)), 413, "BODY_TOO_LARGE"),
        ([*upload(("a.csv", b"1")), ("sha256", (None, b"zz"))], 422, "DIGEST_UNREADABLE"),
        ([*upload(("a.csv", b"1")), ("sha256", (None, sha(b"2").encode() + b"  a.csv"))], 422, "DIGEST_MISMATCH"),
        ([*upload(("a.csv", b"1")), ("sha256", (None, sha(b"1").encode() + b"  b.csv"))], 422, "DIGEST_OF_NOTHING"),
        ([*upload(("a.csv", b"1")), ("sha256", (None, b"\xff"))], 422, "FIELD_UNREADABLE"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_stays(
    edge_with: Callable[[EdgeSettings], Edge], files: Files, status: int, reason: str
) -> None:
    limits = EdgeSettings(max_files=2, max_file_bytes=1000, max_upload_bytes=2000, max_mapping_bytes=100)
    edge = edge_with(limits)
    response = await edge.client.post(URL, files=files)
    assert (response.status_code, response.json()["reason"]) == (status, reason), response.text
    assert edge.objects() == []
    assert edge.double.datasets == {}


async def test_the_largest_that_is_allowed_passes(edge_with: Callable[[EdgeSettings], Edge]) -> None:
    edge = edge_with(EdgeSettings(max_files=2, max_file_bytes=1000, max_mapping_bytes=100))
    response = await edge.client.post(URL, files=upload(("a", b"1" * 1000), ("b", b""), mapping=b"a" * 100))
    assert response.status_code == 201, response.text


async def test_promised_checksums_that_hold_pass(edge: Edge) -> None:
    listed = f"{sha(SALES)}  a.csv\n{sha(b'x').upper()} *b.csv\n".encode()
    digest = "sha-512=:AAAA:, sha-256=:" + base64.b64encode(hashlib.sha256(b"x").digest()).decode() + ":"
    files: Files = [
        ("sha256", (None, listed)),
        ("files", ("a.csv", SALES)),
        ("files", ("b.csv", b"x", "text/csv", {"Content-Digest": digest})),
        ("mapping", ("m", MAPPING)),
    ]
    assert (await edge.client.post(URL, files=files)).status_code == 201
    alone: Files = [*upload(("a.csv", SALES)), ("sha256", (None, sha(SALES).encode()))]
    assert (await edge.client.post(URL, files=alone)).status_code == 201


@pytest.mark.parametrize(
    ("digest", "reason"),
    [("sha-256=:" + base64.b64encode(b"0" * 32).decode() + ":", "DIGEST_MISMATCH"), ("md5=:x:", "DIGEST_UNREADABLE")],
)
async def test_a_content_digest_is_held_to(edge: Edge, digest: str, reason: str) -> None:
    files: Files = [("files", ("b.csv", b"x", "text/csv", {"Content-Digest": digest})), ("mapping", ("m", MAPPING))]
    response = await edge.client.post(URL, files=files)
    assert (response.status_code, response.json()["reason"]) == (422, reason)
    assert response.json()["errors"][0]["file"] == "b.csv"
    assert edge.objects() == []


async def test_the_same_upload_again_is_answered_as_before_and_kept_once(edge: Edge) -> None:
    headers = {"Idempotency-Key": "upload-1"}
    first = await edge.client.post(URL, files=upload(("a.csv", SALES)), headers=headers)
    kept = edge.objects()
    again = await edge.client.post(URL, files=upload(("a.csv", SALES)), headers=headers)
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert edge.objects() == kept
    other = await edge.client.post(URL, files=upload(("a.csv", SALES + b"x")), headers=headers)
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert edge.objects() == kept


@pytest.mark.parametrize("key", [b"", b"x" * 201, b"a b", "ñ".encode("latin-1")])
async def test_an_idempotency_key_has_a_form(edge: Edge, key: bytes) -> None:
    response = await edge.client.post(URL, files=upload(("a.csv", b"")), headers={b"Idempotency-Key": key})
    assert (response.status_code, response.json()["reason"]) == (422, "IDEMPOTENCY_KEY_INVALID")


@pytest.mark.parametrize(
    ("failure", "status", "kept"),
    [
        (Invalid("DATASET_INVALID", "These files cannot be registered: rename them."), 422, 0),
        # Unknown outcomes: it may have been registered, and a registered dataset must not lose its files.
        (Unavailable("DATABASE_DOWN", "The database is away: try again."), 503, 2),
        (RuntimeError("planted"), 500, 2),
    ],
)
async def test_objects_of_a_refused_dataset_go_and_those_of_an_unknown_outcome_stay(
    edge: Edge, failure: PeritoError | Exception, status: int, kept: int
) -> None:
    edge.double.failures["CreateDataset"] = failure
    response = await edge.client.post(URL, files=upload(("a.csv", b"1")))
    assert response.status_code == status
    assert len(edge.objects()) == kept


async def test_a_store_that_fails_is_503_and_leaves_nothing(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any) -> None:
        raise Unavailable("OBJECT_STORE_FAILED", "The object store cannot be used at the moment.")

    monkeypatch.setattr(edge.store, "put_bytes", full)
    response = await edge.client.post(URL, files=upload(("a.csv", b"1")))
    assert (response.status_code, response.json()["reason"]) == (503, "OBJECT_STORE_FAILED")
    assert edge.objects() == []


async def test_odd_media_types_do_not_get_in(edge: Edge) -> None:
    files: Files = [("files", ("a.csv", b"1", "text/html; <script>", {})), ("mapping", ("m", MAPPING))]
    kept = (await edge.client.post(URL, files=files)).json()["files"][0]
    assert kept["media_type"] == "text/html"
    files = [("files", ("a.csv", b"1", "nonsense", {})), ("mapping", ("m", MAPPING))]
    kept = (await edge.client.post(URL, files=files)).json()["files"][0]
    assert kept["media_type"] == "application/octet-stream"
