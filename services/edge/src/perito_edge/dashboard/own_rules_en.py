"""What the pages of a tenant's own rules say, in English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "own_rules": "Your own rules",
    "own_rules_lead": "What you would look for in your books and Perito does not: a question in SQL over the same "
    "tables that Perito's rules read. Every analysis that is started from now on asks those that are switched on.",
    "own_rules_none": "No rule of your own yet.",
    "own_rule_new": "New rule",
    "own_rule_text": "Text of the rule: its header, then SQL",
    "own_rule_file": "From a file",
    "own_rule_keep": "Check and keep",
    "own_rule_check": "Only check",
    "own_rule_good": "Nothing is wrong with this rule. It is not kept yet.",
    "own_rule_bad": "Nothing was kept. These places are wrong:",
    "own_rule_place": "Line {line}, character {column}",
    "own_rule_version": "Version",
    "own_rule_versions": "Versions",
    "own_rule_changed": "Changed",
    "own_rule_is_on": "on",
    "own_rule_is_off": "off",
    "own_rule_enable": "Switch on",
    "own_rule_disable": "Switch off",
    "own_rule_change": "Check and change",
    "own_rule_old": "This is version {number}. The rule runs with another text.",
    "own_rule_now": "Show the text of now",
    "own_rule_by": "by key {key}",
    "own_rule_reads": "Reads",
    "own_rule_delete": "Delete",
    "own_rule_delete_sure": "Delete with all versions",
    "own_rule_cannot": "Your key may not change rules: that takes the scope rules.",
}
