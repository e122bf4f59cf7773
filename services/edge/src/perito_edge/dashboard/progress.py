"""How far an analysis is, as a page shows it."""

from collections.abc import Mapping
from typing import Any

from perito.analysis.v1.analysis_pb2 import Analysis

from perito_edge.dashboard.refusals import failed
from perito_edge.dashboard.steps import step
from perito_edge.dashboard.voice import Voice
from perito_edge.views import is_terminal, status


def progress(analysis: Analysis, voice: Voice) -> Mapping[str, Any]:
    """The state and its phases in the order of the plan."""
    now = status(analysis)
    running = [voice.word("phase", phase.phase) for phase in now.phases if phase.status == "running"]
    if now.status == "running" and running:
        sentence = voice.say("at_work", phases=", ".join(running))
    else:
        sentence = voice.say(f"now_{now.status}")
    return {
        "id": now.id,
        "percent": now.progress,
        "status": now.status,
        "sentence": sentence,
        "ended": is_terminal(analysis),
        "phases": [
            {
                "name": voice.word("phase", phase.phase),
                "status": phase.status,
                "percent": phase.progress,
                "step": step(phase.step, voice) if phase.status == "running" else "",
                "error": failed(phase.error, voice.language),
                "attempts": phase.attempts,
            }
            for phase in now.phases
        ],
    }
