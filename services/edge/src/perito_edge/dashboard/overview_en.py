"""What the pages of trends and of the rule catalogue say, in English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "part_trends": "Trends",
    "trends_lead": "How it went from analysis to analysis, oldest on the left. Scores are drawn from 0 to 100, "
    "everything else between its lowest and its highest value.",
    "trends_follow": "Follow how it goes",
    "trends_cut": "the newest of {count}",
    "trends_of_books": "of the same files",
    "trends_none": "No analysis has completed yet that would be like that.",
    "trends_currencies": "Currencies",
    "trends_nothing": "No analysis has completed yet. From the first one on its figures stand here.",
    "trends_unread": "The reports of {count} could not be read just now. Load the page again.",
    "trend_figure": "Key figure",
    "trend_no_figure": "none",
    "trend_between": "between {low} and {high}",
    "trend_same": "the same each time",
    "trend_numbers": "The numbers",
    "period": "Period",
    "catalogue": "What Perito looks for",
    "catalogue_lead": "Every rule with what it holds to be wrong, what to do about it, what it needs of the books, and "
    "the parameters that can be set for an analysis.",
    "catalogue_newest": "As the newest analysis ran them, with what they found",
    "catalogue_words": "Words",
    "catalogue_away": "Services that do not answer just now: {phases}. Their rules are missing here.",
    "catalogue_needs": "Needs of",
    "catalogue_optional": "Uses, where it is there, of",
    "catalogue_version": "Version {version}.",
    "parameter": "Parameter",
    "parameter_default": "Default",
    "parameter_type": "Kind",
    "type_integer": "whole number",
    "type_decimal": "number",
    "type_text": "text",
    "type_boolean": "yes or no",
    "type_date": "day",
    "targets_hint": "A table and a column, as in sales.product: choose one of {count}, or leave it empty for nowhere.",
}
