"""What the pages of trends and of the rule catalogue say, in English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "part_trends": "Trends",
    "trends_lead": "How it went from analysis to analysis, oldest on the left. Scores are drawn from 0 to 100, "
    "everything else between its lowest and its highest value.",
    "trends_cut": "the newest of {count}",
    "trends_of_books": "of the same files",
    "trends_none": "No analysis has completed yet that would be like that.",
    "trends_unread": "The reports of {count} could not be read just now. Load the page again.",
    "trend_figure": "Key figure",
    "trend_no_figure": "none",
    "trend_between": "between {low} and {high}",
    "trend_numbers": "The numbers",
    "period": "Period",
}
