"""The same services on one machine, and the command line."""

import importlib

importlib.import_module("perito_runtime")  # which tells gRPC what it must know before it is loaded
