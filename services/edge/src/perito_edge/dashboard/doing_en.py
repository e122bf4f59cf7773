"""What the pages say of cases, and of analyses that are run again or deleted, in English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "tab_cases": "Cases",
    "cases_lead": "What the findings come down to: each case has one cause and the findings that it explains.",
    "cases_listed": "Lists hold {shown} of {all} cases, the costliest of each kind; the exported table has every "
    "finding.",
    "no_cases_filtered": "No case is like that.",
    "explains": "Explains",
    "onward": "What to do with this analysis",
    "rerun": "Run it again",
    "rerun_lead": "The same files, read in the same way, by the rules of today, your own among them. The earlier "
    "analysis stays, and the two can be compared.",
    "rerun_params": "Parameters that are to be different (JSON; may be empty)",
    "rerun_params_note": "What is not named stays as it was; null takes a parameter back to its default. Which there "
    "are:",
    "rerun_do": "Run it",
    "rerun_mapping": "to have them read differently.",
    "rerun_of": "Run again:",
    "rerun_compare": "compare with the one before",
    "read_anew": "Read the files anew, and send their columns elsewhere",
    "mapping_held_note": "How the files are read. What you change is saved with a copy of these files when you start; "
    "the analyses that there are keep theirs.",
    "delete_analysis": "Delete this analysis",
    "delete_books": "Delete these files",
    "delete_lead": "For good: nothing brings it back.",
    "delete_what": "With it go what was found, the report in all its forms, what was said of its findings where "
    "no other analysis has them, and files that came with it where no other analysis uses them.",
    "delete_books_too": "Delete the uploaded files too ({files})",
    "delete_books_stay": "The uploaded files stay, for {count}.",
    "delete_books_used": "They are in use by {count}. Delete those first.",
    "delete_books_which": "Show them",
    "delete_sure": "Delete for good",
    "delete_books_sure": "Delete the files for good",
    "delete_not": "Leave it as it is",
    "deleted_analysis": "The analysis is deleted. Its files follow within a minute.",
    "deleted_both": "The analysis and its files are deleted.",
    "deleted_kept": "The analysis is deleted. Its files stay, because another analysis uses them by now.",
    "deleted_books": "The files are deleted.",
    "and_more": "And {count} more.",
    "noun_other": "other analysis|other analyses",
}
