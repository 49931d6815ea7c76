"""Rules: named patterns that vote for classes, matched all at once. Pure: texts in, votes out."""

from core.rules.label_model import Estimates, LabelModel, estimate
from core.rules.report import RuleReport, report
from core.rules.ruleset import Rule, RuleSet, load_rules
from core.rules.scan import Hits, Scanner
from core.rules.vote import ABSTAIN, Votes, vote

__all__ = [
    "ABSTAIN",
    "Estimates",
    "Hits",
    "LabelModel",
    "Rule",
    "RuleReport",
    "RuleSet",
    "Scanner",
    "Votes",
    "estimate",
    "load_rules",
    "report",
    "vote",
]
