"""What goes in and out of the API. The OpenAPI document is made from these."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.store.models import Origin

BIGGEST = 2**63 - 1
Id = Annotated[int, Field(ge=0, le=BIGGEST)]


def _number(value: object) -> object:
    """As JSON has it: neither true nor "1" is a number, and 1.0 is a whole one."""
    if isinstance(value, bool | str):
        raise ValueError("this is not a number")  # noqa: TRY004 - pydantic's way
    return value


Number = BeforeValidator(_number)
Text = Annotated[str, Field(min_length=1, max_length=1_000)]
Millis = Annotated[int, Field(description="Milliseconds since 1970, UTC.")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Problem(_Out):
    """What is wrong (RFC 9457): `detail` is the sentence, `where` the place, `fix` what to do."""

    type: str
    title: str
    status: int
    detail: str
    where: str
    fix: str


class LabelsQuery(_In):
    """Which labels."""

    after: Id = Field(0, description="Begin behind this message id: the `after` of the page before.")
    limit: int = Field(100, ge=1, le=10_000, description="At most so many.")
    origin: tuple[Origin, ...] = Field((), description="Only what these say; may be repeated.")
    set: str | None = Field(None, max_length=80, description="A frozen set instead of the labels of now.")
    people: bool = Field(False, description="Name who gave the verdicts.")


class LabelOut(_Out):
    """A message's label with its provenance."""

    message_id: int
    source: str
    key: str
    label: str
    origin: str
    origin_ref: str = Field(description="The rule, the import, the queue.")
    confidence: float | None
    labelled_at: Millis
    verdicts: int = Field(description="How many verdicts count.")
    agreed: int = Field(description="How many of them say the label.")
    blind: int = Field(description="How many of them were given without a prediction in sight.")
    shown_run: str = Field(description="The models whose predictions the others saw.")
    judged_by: str = Field(description="Who gave them, where `people` asks for it.")
    body: str


class LabelsPage(_Out):
    """A page of labels; `after` is what the next page begins behind, null at the end."""

    labels: list[LabelOut]
    after: int | None


class LabelIn(_In):
    """A label for a message."""

    source: Text
    key: Text
    label: str = Field(max_length=200, description="A class of the room.")


class LabelsIn(_In):
    """Labels to take; the last one of a message counts, and verdicts keep precedence."""

    labels: list[LabelIn] = Field(min_length=1, max_length=10_000)


class Refused(_Out):
    """A row that could not be taken: its number from 1, and why."""

    row: int
    reason: str


class ImportedOut(_Out):
    """What came of it: `rows` is the sum of the next four. Rows that were refused change nothing."""

    rows: int
    labels: int
    unchanged: int
    repeated: int
    refused_rows: int
    refused: list[Refused]


class QueueOut(_Out):
    """A queue with its counts: messages in all, done, in somebody's hands."""

    name: str
    purpose: str
    order: str
    state: str
    overlap: int
    blind_share: float
    total: int
    done: int
    held: int


class QueuesOut(_Out):
    """All queues."""

    queues: list[QueueOut]


class MessageKey(_In):
    """A message by its source and its key there."""

    source: Text
    key: Text


class FillIn(_In):
    """Messages for a queue, by their ids, by source and key, or both."""

    ids: list[Annotated[Id, Number]] = Field(default_factory=list, max_length=10_000)
    messages: list[MessageKey] = Field(default_factory=list, max_length=10_000)
    rank: Annotated[float | None, Number] = Field(
        None, allow_inf_nan=False, ge=-1e12, le=1e12, description="The rank of the first; the least comes first."
    )


class FilledOut(_Out):
    """What came of it; `unknown_ids` and `unknown_messages` are the places (from 0) of those not in the room."""

    added: int
    there: int
    unknown_ids: list[int]
    unknown_messages: list[int]


class VerdictsQuery(_In):
    """Which verdicts."""

    after: Id = Field(0, description="The last verdict id that you have.")
    limit: int = Field(100, ge=1, le=1_000, description="At most so many.")


class VerdictOut(_Out):
    """A verdict as it was given."""

    id: int
    did: str = Field(description="label, skip, unsure (cannot tell), flag or undo.")
    source: str
    key: str
    klass: str | None
    person: str
    simulated: bool
    blind: bool
    shown_klass: str | None
    shown_run_id: int | None
    seconds: float | None
    late: bool
    withdrawn: bool
    supersedes: int | None = Field(
        description="The verdict that an undo takes back, or that a change of mind replaces."
    )
    at: Millis


class VerdictsPage(_Out):
    """Verdicts in order of their ids; ask again behind the last one."""

    verdicts: list[VerdictOut]


class RunsQuery(_In):
    """Which runs."""

    before: Id | None = Field(None, description="Only runs with ids below this one.")
    limit: int = Field(50, ge=1, le=500, description="At most so many.")


class RunOut(_Out):
    """A run: one candidate on one state of the labels."""

    run_id: int
    candidate: str
    version: int
    state: str = Field(description="`running`, `done`, `failed`, or `stopped`: hopeless after some of the folds.")
    reason: str | None = Field(description="Why it failed, or was stopped.")
    label_cutoff: int
    label_set: str | None = Field(description="The fingerprint of the frozen set, where one was trained on.")
    train_size: int
    macro_f1: float | None
    started_at: Millis
    finished_at: int | None
    made_with: dict[str, Any] | None = Field(
        description="What it takes to make it again, and what it took: commit, fingerprints, labels, packages, seed, "
        "seconds, memory; null for a run of an earlier version."
    )
    origins: dict[str, int] = Field(description="How many of its labels came from verdicts, imports and rules.")
    judged: int = Field(description="Messages among them that people have judged.")
    macro_f1_judged: list[float] | None = Field(
        description="On these alone: value, low and high (95 %); null where they are too few."
    )


class RunsOut(_Out):
    """Runs, the newest first."""

    runs: list[RunOut]


class ChampionOut(_Out):
    """The model in charge."""

    run_id: int
    candidate: str
    version: int
    title: str
    promoted_at: Millis
    reason: str
    act: str = Field(description="`promoted`, or `rolled back` to.")
    promoted_by: str


class MeetsOut(_Out):
    """Another rule that hits the same messages."""

    rule: str
    n: int
    against: bool = Field(description="Whether it votes for another class.")


class WorthOut(_Out):
    """What a rule was found to be worth: counts of the newest messages, and how often it is held to be right."""

    hits: int
    share: float = Field(description="Of the messages looked at, 0 to 1.")
    alone: int = Field(description="Hits that no other rule hits.")
    overlaps: int
    conflicts: int = Field(description="Hits that a rule for another class hits as well.")
    unjudged: int = Field(description="Hits whose class nobody has told.")
    known: int = Field(description="Hits of known class, also among older messages.")
    verdicts: int = Field(description="How many of those people have judged.")
    right: int
    wrong: int
    accuracy: float = Field(description="How often it is held to be right, with a 95 % interval from `low` to `high`.")
    low: float
    high: float
    told_by: str = Field(description="From what: `verdicts`, imported `labels`, how `rules` meet, or `nothing`.")
    meets: list[MeetsOut] = Field(description="The rules that it meets the most often.")
    over_time: list[int] = Field(description="Hits in each of the times that the look `starts` have.")
    copy_of: str = Field(description="A rule that hits the same, of which it is held to be a copy; else empty.")
    engine: str
    timed_out: int


class RuleOut(_Out):
    """A rule of the room's file."""

    name: str
    klass: str
    pattern: str
    ignore_case: bool
    weight: float
    note: str
    withdrawn: bool = Field(description="Whether its labels were taken out, and it does not vote.")
    worth: WorthOut | None = Field(description="Null where no look has seen it as it is now.")


class LookOut(_Out):
    """A look at the rules: when, at how many messages, how many of them rules hit, how many of known class it used."""

    at: Millis
    messages: int
    hit: int
    known: int
    unit: str = Field(description="`week`, `day` or `hour`: what hits over time are counted by.")
    starts: list[int] = Field(description="When each of them begins, in milliseconds since 1970.")
    length: int = Field(description="How long each is, in milliseconds.")


class TroubleOut(_Out):
    """What is amiss with the rule file."""

    what: str
    where: str
    fix: str


class RulesOut(_Out):
    """The rules; where their file cannot be read, those of the last look."""

    file: str
    classes: list[str]
    trouble: TroubleOut | None
    rules: list[RuleOut]
    look: LookOut | None = Field(description="Null before the first.")
    run: int | None = Field(description="The run in charge.")
    trains: bool = Field(description="Whether labels by rules train models.")


class ScoreIn(_In):
    """Texts as they come from the source: they are cleaned as the room's dictionary says."""

    texts: list[Annotated[str, Field(max_length=10_000)]] = Field(min_length=1, max_length=1_000)


class Said(_Out):
    """What the model says of a text; `probabilities` are in the order of `classes`."""

    klass: str
    confidence: float
    probabilities: list[float]


class ScoreOut(_Out):
    """What the champion says, in the order of the texts."""

    model: str
    run_id: int
    classes: list[str]
    predictions: list[Said]


class LabelSetOut(_Out):
    """A frozen set of labels."""

    name: str
    fingerprint: str
    size: int
    origins: list[str]
    counts: dict[str, int]
    made_by: str
    created_at: Millis


class LabelSetsOut(_Out):
    """All sets, the newest first."""

    sets: list[LabelSetOut]


class LiveOut(_Out):
    """All that the live page shows, as the page itself gets it."""

    kind: str = Field(description="Always `snapshot`.")
    tables: dict[str, dict[str, dict[str, Any]]] = Field(
        description="The rows of each figure and list by their keys, such as `confusion.verdicts`."
    )
    words: dict[str, Any] = Field(description="The page's words and numbers by the id of what shows them.")
    behind: float = Field(description="How old the last change was when it came here, in seconds.")
    away: float | None = Field(description="For how long the store has not answered, in seconds; null while it does.")


class Document(_Out):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
