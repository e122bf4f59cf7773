"""The health check of every container: 0 where the process answers `yes` to what it is asked, else 1.

    health.py live|ready|started

The interpreter is started for it every few seconds in every container, so it imports nothing but a socket.
"""

import os
import socket
import sys

_SECONDS = 4

try:
    with socket.socket(socket.AF_UNIX) as process:
        process.settimeout(_SECONDS)
        process.connect(os.environ["PERITO_HEALTH_SOCKET"])
        process.sendall(f"{sys.argv[1]}\n".encode())
        answer = process.recv(8).decode().strip() or "nothing"
except OSError as error:
    answer = f"no: {error}"
print(answer)
sys.exit(0 if answer == "yes" else 1)
