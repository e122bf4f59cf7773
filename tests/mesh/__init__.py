"""Perito as it runs between machines, on one: every service its own processes, real RabbitMQ and PostgreSQL, mTLS.

Replicas of a service share a port and differ in their loopback address (127.0.0.1, 127.0.0.2, ...), so that one target
names them all, as one name does between machines.
"""

from tests.mesh.house import Mesh, MeshSettings, mesh
from tests.mesh.process import ServiceProcess

__all__ = ["Mesh", "MeshSettings", "ServiceProcess", "mesh"]
