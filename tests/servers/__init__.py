"""Real servers for tests: RabbitMQ, PostgreSQL and Redis, and haproxy before edges, as context managers.

Each is looked for in this order: named in the environment (PERITO_TEST_RABBITMQ, PERITO_TEST_POSTGRES,
PERITO_TEST_REDIS, which are URLs of servers for tests alone), a container where an engine answers and has the image,
a server of the machine's own programs with everything in a temporary folder. `./taskw setup:servers` installs those
programs where they are missing. A server that cannot be had fails the test that wants it, and says what to do.
"""

from tests.servers.haproxy import balancer
from tests.servers.postgres import LocalPostgres, Postgres, local_postgres, postgres
from tests.servers.processes import DidNotStart
from tests.servers.programs import ServerMissing
from tests.servers.rabbit import RabbitNode, RabbitServer, node, rabbitmq
from tests.servers.rabbit_local import NodeTls, local_node
from tests.servers.redis import local_redis, redis

__all__ = [
    "DidNotStart",
    "LocalPostgres",
    "NodeTls",
    "Postgres",
    "RabbitNode",
    "RabbitServer",
    "ServerMissing",
    "balancer",
    "local_node",
    "local_postgres",
    "local_redis",
    "node",
    "postgres",
    "rabbitmq",
    "redis",
]
