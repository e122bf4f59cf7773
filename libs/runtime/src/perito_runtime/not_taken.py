"""Reasons by which a phase's process says that a call is not its own to answer, and that nobody is to blame."""

BUSY = "BUSY"
"""No slot is free: the work was not begun. Only ever said before the first message."""

LEAVING = "PHASE_LEAVING"
"""The process ends: the call was handed back, before or after its first message."""
