"""What is trained, on what, and when again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from cronsim import CronSim, CronSimError
from pydantic import Field, field_validator

from core.errors import did_you_mean
from core.settings.duration import seconds_of
from core.settings.section import Section

SEARCH_LEAST = 5


class PipelineSettings(Section):
    """What is trained, on what, and when again."""

    dataset: str = Field("messages", description="The dataset; its dictionary is `dictionaries/<dataset>.yaml`.")
    rules: str = Field("rules.yaml", description="The rule file; a room without one has no rules.")
    train_on: tuple[str, ...] = Field(
        ("verdict", "imported"),
        description="Whose labels train models: any of `verdict`, `imported`, `rule`. People always come first.",
    )
    weak_weight: float = Field(
        0.5,
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="What a label by a rule weighs in training, where people's and imported ones weigh 1.",
    )
    weak_by_accuracy: bool = Field(
        True,
        description="Whether a label by a rule weighs the less, the less often its rule is held to be right; one no "
        "better than guessing next to nothing.",
    )
    label_set: str = Field(
        "",
        max_length=80,
        description="Train on this frozen set of labels (`tallyroom labels freeze`); empty: on the labels of now.",
    )
    candidates: tuple[str, ...] = Field(
        ("word-cnb", "word-logreg", "word-sgd", "char-logreg", "char-svc", "char-sgd"),
        min_length=1,
        description="The models on trial, each `<features>-<estimator>`.",
    )
    folds: int = Field(5, ge=2, le=50, description="Folds of the cross-validation.")
    repeats: int = Field(1, ge=1, le=20, description="How often the cross-validation is repeated with other folds.")
    split: Literal["grouped", "random", "time"] = Field(
        "grouped",
        description="How the folds are made: `grouped` keeps near-copies of a message on one side; `random` looks at "
        "classes only and flatters; `time` trains on what came before and tests on what came next.",
    )
    race: bool = Field(
        False,
        description="Stop candidates that are hopeless after three folds or more; the run says why.",
    )
    costs: dict[str, dict[str, Annotated[float, Field(ge=0)]]] = Field(
        {},
        description="What mistakes cost: `costs.personal.spam = 10` for a personal message that is called spam; "
        "1 where nothing is said.",
    )
    curve: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        (0.1, 0.3, 1.0), description="Points of the learning curve, as shares of each training part."
    )
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes that fit candidates; several pay from tens of thousands of labels.",
    )
    seed: int = Field(7, ge=0, description="The seed of folds, curves and estimators.")
    train_limit: int = Field(
        200_000, ge=100, description="At most this many labelled messages are used, verdicts first."
    )
    settled_margin: float = Field(
        0.002,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="The gain of macro-F1 from which on a settled difference makes another candidate the champion.",
    )
    retrain_after: int = Field(25, ge=1, description="`run --watch` retrains after this many new verdicts.")
    retrain_share: float = Field(
        0.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Or after so many as are this share of the labels there were, where that is more.",
    )
    cron: str = Field(
        "",
        max_length=120,
        description="When `run --watch` also retrains, on any new label: a cron expression, such as `0 3 * * *`; by "
        "the clock of `[quiet_hours] time_zone`, else UTC.",
    )
    search: str = Field(
        "",
        max_length=20,
        description="Search for a better model for so long, such as `10m`, with `workers` processes, beside the line; "
        "what it finds is on trial. Empty: only when `tallyroom search` is called.",
    )
    search_share: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Search again when so large a share of the labels it learnt from is new.",
    )
    retries: int = Field(
        3, ge=0, le=20, description="How often `run --watch` tries a failing stage again, after 2, 4, 8 ... seconds."
    )
    predict_batch: int = Field(2_000, ge=100, le=100_000, description="Messages predicted in one transaction.")

    @field_validator("curve")
    @classmethod
    def _ends_whole(cls, curve: tuple[float, ...]) -> tuple[float, ...]:
        if sorted(curve) != list(curve) or curve[-1:] != (1.0,):
            raise ValueError("the points rise and the last one is 1.0, the whole training part")
        return curve

    @field_validator("cron")
    @classmethod
    def _a_time(cls, cron: str) -> str:
        if cron:
            try:
                CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
            except CronSimError as error:
                raise ValueError(
                    f"'{cron}' is no cron expression ({error}); '0 3 * * *' is every night at three"
                ) from None
        return cron

    @field_validator("search")
    @classmethod
    def _a_budget(cls, search: str) -> str:
        if search and seconds_of(search) < SEARCH_LEAST:
            raise ValueError(f"nothing can be found in so short a time; give {SEARCH_LEAST}s or more")
        return search

    @field_validator("train_on")
    @classmethod
    def _known_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        known = ("verdict", "imported", "rule")
        for origin in origins:
            if origin not in known:
                raise ValueError(f"'{origin}' is no origin of labels. {did_you_mean(origin, known)}")
        return origins
