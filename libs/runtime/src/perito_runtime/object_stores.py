"""Which object store a process uses: a folder, or a bucket of an S3-compatible service, as its settings say."""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from perito_kernel.errors import Invalid
from pydantic import ByteSize, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from perito_runtime.object_store import ObjectStore

if TYPE_CHECKING:
    from perito_runtime.s3_objects import S3ObjectStore

_SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.\-]*(/[A-Za-z0-9_][A-Za-z0-9_.\-]*)*)?")


class StoreSettings(BaseSettings):
    """Each field is read from `PERITO_<NAME>`. Settings of a process inherit it."""

    model_config = SettingsConfigDict(env_prefix="PERITO_", extra="ignore", frozen=True)

    objects: str = Field(min_length=1, description="The object store: a folder, or s3://bucket/prefix")
    s3_endpoint: str = Field(default="", description="URL of an S3-compatible service; empty: Amazon's of the region")
    s3_region: str = Field(default="us-east-1", description="Region of the bucket")
    s3_access_key_file: Path | None = Field(
        default=None, description="File with the access key's id; without it, the machine's role is asked"
    )
    s3_secret_key_file: Path | None = Field(default=None, description="File with the access key's secret")
    s3_authority_file: Path | None = Field(
        default=None, description="Certificate authorities (PEM) that sign the service's certificate"
    )
    s3_allow_http: bool = Field(default=False, description="Allow an endpoint without TLS")
    s3_virtual_host: bool = Field(default=False, description="The endpoint names the bucket: https://bucket.host")
    s3_timeout_seconds: float = Field(default=30.0, gt=0, le=600, description="Bound of each request of at most 8 MiB")


class CachedStoreSettings(StoreSettings):
    """For who fetches the same objects again and again."""

    cache_dir: Path | None = Field(
        default=None, description="Folder for copies of a bucket's objects; without it they are fetched each time"
    )
    cache_bytes: ByteSize = Field(
        default=ByteSize(4 * 1024**3), gt=0, description="Most bytes of copies in that folder, such as 4GiB"
    )


def open_store(settings: StoreSettings) -> ObjectStore:
    """The store that the settings name. Raises Invalid SETTINGS_INVALID; whether it answers is `check`'s to say."""
    if settings.objects.startswith(_SCHEME):
        bucket = _bucket(settings)
        return _with_copies(bucket, settings) if isinstance(settings, CachedStoreSettings) else bucket
    if "://" in settings.objects:
        raise _invalid("PERITO_OBJECTS", "name a folder, or a bucket as s3://bucket/prefix")
    from perito_runtime.objects import LocalObjectStore  # noqa: PLC0415 - a probe reads settings and opens nothing

    try:
        return LocalObjectStore(Path(settings.objects))
    except OSError as error:
        raise _invalid("PERITO_OBJECTS", f"the folder {settings.objects} cannot be used: {error.strerror}") from error


def _with_copies(bucket: "S3ObjectStore", settings: CachedStoreSettings) -> ObjectStore:
    if settings.cache_dir is None:
        return bucket
    from perito_runtime.object_cache import CachedObjectStore  # noqa: PLC0415 - for buckets alone

    try:
        return CachedObjectStore(bucket, settings.cache_dir, settings.cache_bytes)
    except OSError as error:
        raise _invalid(
            "PERITO_CACHE_DIR", f"the folder {settings.cache_dir} cannot be used: {error.strerror}"
        ) from error


def _bucket(settings: StoreSettings) -> "S3ObjectStore":
    bucket, _, prefix = settings.objects.removeprefix(_SCHEME).strip("/").partition("/")
    if not _BUCKET.fullmatch(bucket) or not _PREFIX.fullmatch(prefix):
        raise _invalid("PERITO_OBJECTS", "name a bucket as s3://bucket/prefix, of letters, digits, - . _ and /")
    _check_endpoint(settings)
    from perito_runtime.s3_objects import S3ObjectStore, S3Settings  # noqa: PLC0415 - HTTP and XML, for buckets alone
    from perito_runtime.s3_uploads import S3Address  # noqa: PLC0415

    address = S3Address(
        bucket=bucket,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint.rstrip("/"),
        credentials=_credentials(settings),
        authority=_authority(settings.s3_authority_file),
        virtual_host=settings.s3_virtual_host,
    )
    return S3ObjectStore(S3Settings(address, prefix, settings.s3_timeout_seconds))


def _check_endpoint(settings: StoreSettings) -> None:
    if not settings.s3_endpoint:
        return
    url = urlsplit(settings.s3_endpoint)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment or url.username:
        raise _invalid("PERITO_S3_ENDPOINT", "write a URL such as https://objects.example.com:9000")
    if url.scheme == "http" and not settings.s3_allow_http:
        raise _invalid(
            "PERITO_S3_ENDPOINT",
            "http:// sends books and keys unencrypted: use https://, or set PERITO_S3_ALLOW_HTTP=true where the network"
            " is yours alone",
        )


def _credentials(settings: StoreSettings) -> tuple[str, str] | None:
    key, secret = settings.s3_access_key_file, settings.s3_secret_key_file
    if key is None and secret is None:
        return None
    if key is None or secret is None:
        raise _invalid("PERITO_S3_ACCESS_KEY_FILE, PERITO_S3_SECRET_KEY_FILE", "name both files, or neither")
    return _text(key, "PERITO_S3_ACCESS_KEY_FILE"), _text(secret, "PERITO_S3_SECRET_KEY_FILE")


def _authority(path: Path | None) -> bytes | None:
    if path is None:
        return None
    import ssl  # noqa: PLC0415

    pem = _text(path, "PERITO_S3_AUTHORITY_FILE")
    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise _invalid("PERITO_S3_AUTHORITY_FILE", f"{path} holds no certificate in PEM form") from error
    return pem.encode("ascii")


def _text(path: Path, variable: str) -> str:
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(variable, f"{path} cannot be read as ASCII text") from error
    if not text:
        raise _invalid(variable, f"{path} is empty")
    return text


def _invalid(variable: str, fault: str) -> Invalid:
    return Invalid("SETTINGS_INVALID", f"Cannot start. {variable}: {fault}.")
