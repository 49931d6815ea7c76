"""The tables of the store that the works own. The desk adds its own to the same metadata."""

from core.store.models.alarms import Alarm, AlarmState
from core.store.models.audit import Audit
from core.store.models.base import (
    DAY_HOURS,
    HOUR_MS,
    Base,
    DatasetId,
    EventId,
    MessageId,
    Millis,
    RunId,
    now_ms,
)
from core.store.models.data import (
    PRECEDENCE,
    Dataset,
    Event,
    Label,
    Message,
    Origin,
    Quarantine,
    Snapshot,
    Stage,
    Truth,
)
from core.store.models.duties import Duty
from core.store.models.label_sets import LabelSet, WithdrawnRule
from core.store.models.learning import (
    Fold,
    FoldPrediction,
    Model,
    Prediction,
    Promotion,
    PromotionAct,
    Run,
    RunState,
    Score,
)
from core.store.models.pipeline import (
    PipelineAsk,
    PipelineLog,
    PipelineRun,
    PipelineTask,
    PipelineWorker,
    TaskAsk,
    TaskState,
)
from core.store.models.rollups import SHARDS, ClassCount, ConfusionCount, MinuteCount, Slice, SliceCount, Tally
from core.store.models.rule_looks import RuleLook
from core.store.models.search import SearchStale
from core.store.models.suspects import Suspect
from core.store.models.templates import MessageTemplate, Template, TemplateKey, TemplatePattern, TemplateSize
from core.store.models.trials import Search, SearchState, Stop, Trial, TrialState

__all__ = [
    "DAY_HOURS",
    "HOUR_MS",
    "PRECEDENCE",
    "SHARDS",
    "Alarm",
    "AlarmState",
    "Audit",
    "Base",
    "ClassCount",
    "ConfusionCount",
    "Dataset",
    "DatasetId",
    "Duty",
    "Event",
    "EventId",
    "Fold",
    "FoldPrediction",
    "Label",
    "LabelSet",
    "Message",
    "MessageId",
    "MessageTemplate",
    "Millis",
    "MinuteCount",
    "Model",
    "Origin",
    "PipelineAsk",
    "PipelineLog",
    "PipelineRun",
    "PipelineTask",
    "PipelineWorker",
    "Prediction",
    "Promotion",
    "PromotionAct",
    "Quarantine",
    "RuleLook",
    "Run",
    "RunId",
    "RunState",
    "Score",
    "Search",
    "SearchStale",
    "SearchState",
    "Slice",
    "SliceCount",
    "Snapshot",
    "Stage",
    "Stop",
    "Suspect",
    "Tally",
    "TaskAsk",
    "TaskState",
    "Template",
    "TemplateKey",
    "TemplatePattern",
    "TemplateSize",
    "Trial",
    "TrialState",
    "Truth",
    "WithdrawnRule",
    "now_ms",
]
