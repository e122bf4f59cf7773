"""Which store the settings name, and what is said of wrong ones."""

import asyncio
from pathlib import Path

import pytest
from perito_kernel.errors import Invalid
from perito_runtime.object_stores import StoreSettings, open_store
from perito_runtime.objects import LocalObjectStore
from perito_runtime.s3_objects import S3ObjectStore
from perito_runtime.settings import read_settings

from tests.servers.buckets import Buckets

KEY = "tenants/11111111-1111-4111-8111-111111111111/datasets/d/0"


def test_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERITO_OBJECTS", str(tmp_path / "objects"))
    store = open_store(read_settings(StoreSettings))
    assert isinstance(store, LocalObjectStore)
    assert store.root == tmp_path / "objects"


async def test_bucket_with_credentials_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, buckets: Buckets
) -> None:
    files = {name: tmp_path / name for name in ("PERITO_S3_ACCESS_KEY_FILE", "PERITO_S3_SECRET_KEY_FILE")}
    for name, path in files.items():
        await asyncio.to_thread(path.write_text, "secret\n")
        monkeypatch.setenv(name, str(path))
    monkeypatch.setenv("PERITO_OBJECTS", f"s3://{buckets.bucket}/settings/x")
    monkeypatch.setenv("PERITO_S3_ENDPOINT", buckets.endpoint)
    monkeypatch.setenv("PERITO_S3_ALLOW_HTTP", "true")
    store = open_store(read_settings(StoreSettings))
    assert isinstance(store, S3ObjectStore)
    await store.put_bytes(KEY, b"x", "text/csv")
    assert await asyncio.to_thread(buckets.keys, "settings/") == [f"settings/x/{KEY}"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"objects": "gs://bucket"}, "PERITO_OBJECTS"),
        ({"objects": "s3://B/x"}, "PERITO_OBJECTS"),
        ({"objects": "s3://bucket/a/../b"}, "PERITO_OBJECTS"),
        ({"objects": "s3://bucket", "s3_endpoint": "http://127.0.0.1:9000"}, "PERITO_S3_ALLOW_HTTP"),
        ({"objects": "s3://bucket", "s3_endpoint": "127.0.0.1:9000"}, "PERITO_S3_ENDPOINT"),
        ({"objects": "s3://bucket", "s3_endpoint": "https://key:secret@host"}, "PERITO_S3_ENDPOINT"),
        ({"objects": "s3://bucket", "s3_access_key_file": Path("/dev/null")}, "PERITO_S3_SECRET_KEY_FILE"),
        ({"objects": "s3://bucket", "s3_authority_file": Path(__file__)}, "PERITO_S3_AUTHORITY_FILE"),
        ({"objects": "/dev/null/objects"}, "PERITO_OBJECTS"),
    ],
)
def test_wrong_settings_are_named(given: dict[str, object], names: str) -> None:
    with pytest.raises(Invalid, match=names) as caught:
        open_store(StoreSettings.model_validate(given))
    assert caught.value.reason == "SETTINGS_INVALID"


def test_no_secret_is_shown(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("do-not-show")
    settings = StoreSettings(objects="s3://bucket", s3_access_key_file=key, s3_secret_key_file=key)
    assert "do-not-show" not in repr(settings) + repr(open_store(settings)) + repr(vars(open_store(settings)))
