"""What every process of Perito is built from."""

import os

# gRPC's handlers stop its threads around a fork, and a child that waits for them never comes to its exec: a server that
# is started under another account (which takes a fork) hung so. No fork of ours goes on. Read when gRPC is loaded.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
