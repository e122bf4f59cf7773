"""Joins the phases: plan, state, leases, outbox, broker, and AnalysisService."""
