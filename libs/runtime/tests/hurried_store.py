"""A bucket's store that gives up soon, and one small object, for tests of what goes wrong."""

import hashlib

from object_store_suite import KEY
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_runtime.s3_objects import S3ObjectStore, S3Settings
from perito_runtime.s3_uploads import S3Address

CONTENT = b"day,sku,qty\n" * 2000
REF = ObjectRef(key=KEY, sha256=hashlib.sha256(CONTENT).hexdigest(), bytes=len(CONTENT), media_type="text/csv")


def store_at(endpoint: str, under: str, bucket: str = "perito-tests", seconds: float = 5.0) -> S3ObjectStore:
    """A store that gives up soon."""
    address = S3Address(bucket, endpoint=endpoint, credentials=("key", "secret"))
    store = S3ObjectStore(S3Settings(address, under, timeout_seconds=seconds, retries=3, first_pause_seconds=0.02))
    store.pause_seconds = 0.01
    return store
