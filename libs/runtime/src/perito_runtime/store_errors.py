"""What goes wrong in an object store, in Perito's words."""

import contextlib
import errno
from collections.abc import Generator
from pathlib import Path

from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from perito_kernel.errors import Conflict, NotFound, Unavailable

_FAILED = "The object store cannot be used at the moment. Try again in a few seconds."
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def store_errors(key: str) -> Generator[None, None, None]:
    """Raises Conflict OBJECT_EXISTS, NotFound OBJECT_MISSING and Unavailable OBJECT_STORE_FAILED in the place of what
    obstore and the file system raise.
    """
    try:
        yield
    except AlreadyExistsError as error:
        raise exists(key) from error
    except FileNotFoundError as error:
        raise NotFound("OBJECT_MISSING", "A stored file is missing. Upload it again.", {"object": key}) from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        message = (
            "The object store refuses Perito's credentials. Its operator must correct them, or the rights they have."
        )
        raise failed(key, message) from error
    except (BaseError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in _FULL
        message = "The object store is full. Its operator must make room." if full else _FAILED
        raise failed(key, message) from error


def failed(key: str, message: str = _FAILED) -> Unavailable:
    """The error for a store that cannot be used."""
    return Unavailable("OBJECT_STORE_FAILED", message, {"object": key})


def exists(key: str) -> Conflict:
    """The error for a key that is taken."""
    return Conflict("OBJECT_EXISTS", "There is an object under this key already.", {"object": key})


@contextlib.contextmanager
def scratch_errors(path: Path) -> Generator[None, None, None]:
    """Around writing a local copy at `path`: one that was not completed is removed, and a full disk is said to be one.

    Raises Unavailable SCRATCH_FULL.
    """
    try:
        yield
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _FULL:
            raise Unavailable(
                "SCRATCH_FULL",
                "There is no room left for copies of stored files. It is tried again; the operator must make room.",
            ) from error
        raise
