"""RabbitMQ behind the broker port: links that come back, one topology, a publisher with confirms, consumers that are
watched. Works with RabbitMQ 3.10 and 4; `perito_orchestrator.broker_rabbit` puts it together.
"""
