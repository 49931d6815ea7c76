"""The stages of the straight line, tied to the store: ingest, tag, benchmark, fit, predict."""

from core.pipeline.fit import fit_run
from core.pipeline.judge_rules import judge_rules
from core.pipeline.run import RunSummary, ingest_sources, run
from core.pipeline.watch import watch

__all__ = ["RunSummary", "fit_run", "ingest_sources", "judge_rules", "run", "watch"]
