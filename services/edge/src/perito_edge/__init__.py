"""REST in front of the orchestrator: keys, uploads, submissions, answers and problem documents.

The edge holds no database credentials and knows no rule and no phase by name. `perito_edge.app.create_app` is the ASGI
application, `perito_edge.server.EdgeServer` serves it inside a running event loop.
"""
