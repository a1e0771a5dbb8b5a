"""What GPT Researcher says of its progress, in words of ours: its own repeat the instructions and the document."""

import re
from collections.abc import Callable
from typing import Any

WORDS = {
    "starting_research": "begins",
    "agent_generated": "has chosen its role",
    "planning_research": "plans its questions",
    "running_subquery_research": "looks for answers to a question",
    "fetching_query_content": "reads the document for a question",
    "context_combined": "has gathered passages for a question",
    "subquery_context_not_found": "found nothing in the document for a question",
    "subquery_error": "could not finish a question",
    "research_step_finalized": "has gathered what it needs",
    "writing_report": "writes the report",
    "report_written": "has written the report",
}
_CODE = re.compile(r"[a-z_]{1,60}")


class Progress:
    """Stands where GPT Researcher expects the browser that watches it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    async def send_json(self, message: dict[str, Any]) -> None:
        """Pass on what kind of step this is; the report itself comes in pieces that are not looked at."""
        if message.get("type") != "logs":
            return
        code, about = message.get("content"), message.get("metadata")
        if code == "subqueries" and isinstance(about, list):
            self._tell("has one question" if len(about) == 1 else f"has {len(about)} questions")
        elif code in WORDS:
            self._tell(WORDS[code])
        elif isinstance(code, str) and _CODE.fullmatch(code):
            self._tell(code.replace("_", " "))
