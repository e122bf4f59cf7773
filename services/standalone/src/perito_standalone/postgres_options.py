"""How our PostgreSQL is set up: given on its command line, so that no file in a data directory can say otherwise."""

from pathlib import Path

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # statements hold passwords and rows; neither belongs in a log
    "idle_in_transaction_session_timeout": "60s",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}  # a commit still reaches the kernel before it is told


def server_options(socket_folder: Path, *, durable: bool) -> list[str]:
    """Arguments for `postgres`."""
    settings = {**_SETTINGS, "unix_socket_directories": str(socket_folder)}
    if not durable:
        settings |= _NOT_DURABLE
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
