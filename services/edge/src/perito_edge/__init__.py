"""REST in front of the orchestrator."""
