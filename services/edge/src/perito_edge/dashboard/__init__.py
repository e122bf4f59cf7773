"""The dashboard: pages for people, drawn on the server. Everything outside `/api/` is here.

A page is one handler (`perito_edge.dashboard.page`) that gets a visit, who looks and in what language, and answers HTML
from a template. What a page shows comes from the same functions as the REST API.
"""
