"""A room's settings: `tallyroom.toml`, with overrides from the environment.

Each key can be overridden by an environment variable: `TALLYROOM_` and its path in capitals with two
underscores between the parts, such as `TALLYROOM_STORE__URL` or `TALLYROOM_SERVER__PORT`.
"""

from __future__ import annotations

import re
import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError

from core.errors import SettingsError, did_you_mean
from core.text import hidden_sign

FILE_NAME = "tallyroom.toml"
_PREFIX = "TALLYROOM_"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoomSettings(_Section):
    """What the room is about."""

    name: str = Field("Tallyroom", max_length=80, description="The room's name, shown on its pages.")
    classes: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(
        description="The classes, 2 to 20, in the order of their keys on the review page."
    )
    guide: str = Field("guide.md", description="A Markdown file beside this one that tells reviewers what is what.")

    @field_validator("classes")
    @classmethod
    def _two_to_twenty(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if not 2 <= len(classes) <= 20:
            raise ValueError(f"a room has 2 to 20 classes, this one has {len(classes)}")
        if len(set(classes)) != len(classes):
            raise ValueError("a class is named twice")
        for number, klass in enumerate(classes, start=1):
            if not klass.strip():
                raise ValueError(f"the name of class {number} is empty")
            if sign := hidden_sign(klass):
                raise ValueError(f"the name of class {number} has a sign that nobody sees, {sign}")
        return classes


class StoreSettings(_Section):
    """Where everything is kept."""

    url: str = Field(
        "sqlite:///tallyroom.db",
        description="`sqlite:///file` (taken from the room's folder) or `postgresql://user@host/database`.",
    )


class PipelineSettings(_Section):
    """What is trained, on what, and when again."""

    dataset: str = Field("messages", description="The dataset; its dictionary is `dictionaries/<dataset>.yaml`.")
    rules: str = Field("rules.yaml", description="The rule file; a room without one has no rules.")
    train_on: tuple[str, ...] = Field(
        ("verdict", "imported"),
        description="Whose labels train models: any of `verdict`, `imported`, `rule`. People always come first.",
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
    curve: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        (0.1, 0.3, 1.0), description="Points of the learning curve, as shares of each training part."
    )
    seed: int = Field(7, ge=0, description="The seed of folds, curves and estimators.")
    train_limit: int = Field(
        200_000, ge=100, description="At most this many labelled messages are used, verdicts first."
    )
    retrain_after: int = Field(25, ge=1, description="`run --watch` retrains after this many new verdicts.")
    predict_batch: int = Field(2_000, ge=100, le=100_000, description="Messages predicted in one transaction.")

    @field_validator("curve")
    @classmethod
    def _ends_whole(cls, curve: tuple[float, ...]) -> tuple[float, ...]:
        if sorted(curve) != list(curve) or curve[-1:] != (1.0,):
            raise ValueError("the points rise and the last one is 1.0, the whole training part")
        return curve

    @field_validator("train_on")
    @classmethod
    def _known_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        known = ("verdict", "imported", "rule")
        for origin in origins:
            if origin not in known:
                raise ValueError(f"'{origin}' is no origin of labels. {did_you_mean(origin, known)}")
        return origins


class DeskSettings(_Section):
    """How messages are handed to people."""

    overlap: int = Field(1, ge=1, le=5, description="How many people judge each message.")
    blind_share: float = Field(0.1, ge=0, le=1, description="The share of messages shown without their prediction.")
    lease_seconds: int = Field(180, ge=5, le=86_400, description="How long a message is held for one person.")
    queue_size: int = Field(500, ge=10, description="How many messages the queue is topped up to.")
    spot_check_share: float = Field(
        0.05,
        gt=0,
        le=0.5,
        description="Of n look-alikes judged together others judge √(share × n) blind, and share × n after an error.",
    )
    order: str = Field("least_sure", description="Which messages come first.")
    consensus: str = Field(
        "majority",
        description="How verdicts become truth: `majority` (at once), `dawid_skene` or `crowdlab` (before a training).",
    )
    translate: str = Field(
        "",
        description="A translator for foreign messages: the name of an entry point in the group "
        "`tallyroom.translators`; empty for none.",
    )


class ServerSettings(_Section):
    """Where the pages are served."""

    address: str = Field("127.0.0.1", description="The address to listen on; loopback unless accounts exist.")
    port: int = Field(5006, ge=0, le=65_535, description="The port; 0 takes a free one.")
    hosts: tuple[Annotated[str, Field(min_length=1, max_length=253)], ...] = Field(
        (), description="Further names by which browsers may call this server; requests for others are refused."
    )
    public_url: str = Field(
        "", description="The address of the pages as people type it, for links: `https://tally.example.org/room`."
    )
    trusted_proxy: str = Field(
        "", description="The address of a proxy whose `X-Forwarded-Proto` and `X-Forwarded-For` are believed."
    )
    session_hours: float = Field(720, gt=0, le=8_784, description="A session ends after so long.")
    idle_hours: float = Field(168, gt=0, le=8_784, description="A session that no page uses ends after so long.")


class OidcSettings(_Section):
    """Signing in through the office's own provider (OpenID Connect), where `issuer` names one."""

    issuer: str = Field("", max_length=200, description="The provider's address, as it calls itself; empty for none.")
    client_id: str = Field("", description="What this room is called there.")
    secret_variable: str = Field(
        "OIDC_CLIENT_SECRET", description="The environment variable that holds the secret; not set for a public client."
    )
    label: str = Field("your office's account", max_length=60, description="The button: `Sign in with ...`.")
    scopes: tuple[str, ...] = Field(("openid", "profile", "email"), description="What is asked of the provider.")
    name_claim: str = Field("email", description="The claim that names somebody new.")
    domains: tuple[str, ...] = Field(
        (), description="The domains of verified mail addresses that may come in; empty for all that the provider has."
    )
    default_role: Literal["", "viewer", "reviewer", "lead"] = Field(
        "", description="The role of somebody new; empty where they need an invitation."
    )
    role_claim: str = Field(
        "", description="The claim with somebody's groups, a path with dots; its role holds with each sign-in."
    )
    roles: dict[str, Literal["viewer", "reviewer", "lead", "admin"]] = Field(
        {}, description="What a group's people may do: the groups of `role_claim`, and their roles."
    )

    @model_validator(mode="after")
    def _closed_enough(self) -> OidcSettings:
        if self.issuer and not self.client_id:
            raise ValueError("a provider needs a client_id")
        if bool(self.role_claim) != bool(self.roles):
            raise ValueError("role_claim and roles go together")
        if self.issuer and self.default_role and not self.domains and not self.role_claim:
            raise ValueError("with default_role, name the domains that may come in (['*'] for all)")
        return self


class ApiSettings(_Section):
    """What scripts may ask of the server."""

    requests_per_minute: int = Field(600, ge=1, le=1_000_000, description="Requests a person may send in a minute.")


class WebhookSettings(_Section):
    """An address that is told of events; any number of `[[webhooks]]` tables."""

    url: str = Field(description="The address that is told.")
    events: tuple[Annotated[str, Field(min_length=1, max_length=32)], ...] = Field(
        min_length=1, description="Kinds of events: `verdict`, `labels`, `promoted`, `run`, `withdrawn`, and others."
    )
    secret_variable: str = Field(
        description="The environment variable that holds the secret which signs what is sent; 16 characters or more."
    )
    allow_private: bool = Field(False, description="Let the address be in a private network, or on this machine.")
    tries: int = Field(8, ge=1, le=50, description="How often it is tried before an event is given up.")


class AlarmSettings(_Section):
    """A rule that raises an alarm; any number of `[[alarms]]` tables."""

    sign: str = Field(
        min_length=1,
        description="What is watched: `accuracy`, `agreement`, `drift`, `lag`, `macro_f1`, `queue_dry`.",
    )
    name: str = Field("", max_length=80, description="What the alarm is called; the sign by default.")
    limit: float | None = Field(
        None, allow_inf_nan=False, description="The number past which it is raised; the sign's usual one by default."
    )
    clear: float | None = Field(
        None,
        allow_inf_nan=False,
        description="The number past which it ends; by default a little beyond the limit.",
    )
    for_seconds: float = Field(60, ge=0, le=86_400, description="How long it has to be amiss before it is raised.")
    queue: str = Field("", max_length=200, description="The queue that `queue_dry` watches; empty: all together.")


class MailSettings(_Section):
    """Where alarms are mailed, where `to` names somebody."""

    to: tuple[Annotated[str, Field(pattern=r"^[^@\s,<>]+@[^@\s,<>]+$")], ...] = Field(
        (), description="The addresses that are mailed; empty for none."
    )
    sender: str = Field(
        "tallyroom@localhost", pattern=r"^[^@\s,<>]+@[^@\s,<>]+$", description="The address that mails come from."
    )
    host: str = Field("localhost", min_length=1, description="The SMTP server.")
    port: int = Field(587, ge=1, le=65_535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the line is encrypted; `none` for a server on this machine."
    )
    user: str = Field("", description="Who signs in there; empty for nobody.")
    password_variable: str = Field(
        "TALLYROOM_MAIL_PASSWORD", description="The environment variable that holds the password."
    )


class QuietSettings(_Section):
    """Hours in which alarms stand on the page and nobody is told, where `time_zone` names where."""

    time_zone: str = Field("", description="The place whose clock counts, such as `Europe/Berlin`; empty for no quiet.")
    start: time = Field(time(22), description="When they begin.")
    end: time = Field(time(7), description="When they end, on the next day where that is earlier.")
    weekend: bool = Field(False, description="Whether all of Saturday and Sunday is quiet.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name and name not in available_timezones():
            raise ValueError(f"there is no time zone '{name}'. {did_you_mean(name, available_timezones())[:80]}")
        return name


class Settings(BaseSettings):
    """All settings of a room. Read them with `load_settings`."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    room: RoomSettings
    store: StoreSettings = StoreSettings()
    pipeline: PipelineSettings = PipelineSettings()
    desk: DeskSettings = DeskSettings()
    server: ServerSettings = ServerSettings()
    oidc: OidcSettings = OidcSettings()
    api: ApiSettings = ApiSettings()
    webhooks: tuple[WebhookSettings, ...] = ()
    alarms: tuple[AlarmSettings, ...] = ()
    mail: MailSettings = MailSettings()
    quiet_hours: QuietSettings = QuietSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file (which comes in as the arguments)."""
        return env_settings, init_settings


def load_settings(folder: Path) -> Settings:
    """The settings of the room in `folder`.

    Raises:
        SettingsError: no room there, or a key that cannot be used; names file, line, key and fix.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"there is no room in {folder or '.'}",
            where=str(path),
            fix="Make one with 'tallyroom init', or name its folder with --room.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read ({error})", where=str(path)) from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"this is not TOML: {error}", where=str(path), fix="Mend that line.") from None
    try:
        return Settings(**data)
    except ValidationError as error:
        raise _explained(error, path, text) from None
    except UnreadableError as error:
        raise SettingsError(
            f"an environment variable cannot be read: {error}",
            where=f"{_PREFIX}...",
            fix="Write lists as JSON, [1, 2].",
        ) from None


def _explained(error: ValidationError, path: Path, text: str) -> SettingsError:
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    keys = [str(part) for part in first["loc"]]
    where = f"{path}:{_line_of(text, keys)}"
    dotted = ".".join(keys)
    more = f" ({error.error_count() - 1} more after this one)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        return SettingsError(
            f"no setting is called '{dotted}'{more}", where=where, fix=did_you_mean(keys[-1], _keys_beside(keys))
        )
    if first["type"] == "missing":
        return SettingsError(f"'{dotted}' is missing{more}", where=where, fix=f"Add it under [{keys[0]}].")
    message = first["msg"].removeprefix("Value error, ")
    return SettingsError(f"'{dotted}': {message}{more}", where=where, fix="See 'tallyroom init --help'.")


def _keys_beside(keys: list[str]) -> list[str]:
    """The names that could have been meant where `keys` stands."""
    model: Any = Settings
    for part in keys[:-1]:
        if part.isdecimal():  # a table of several, [[webhooks]]
            (model, *_) = get_args(model)
        else:
            model = model.model_fields[part].annotation
    return list(model.model_fields)


def _line_of(text: str, keys: list[str]) -> int:
    """The line of a key in the file (its table's line where the key itself is not there, else 1)."""
    table, found, seen = "", 1, -1
    many = keys[1:2] if keys[1:2] and keys[1].isdecimal() else []  # a table of several, [[webhooks]]
    wanted, own = int(many[0]) if many else 0, [key for key in keys[:3] if key not in many][:2]
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?([^\[\]]+)\]", line):
            table = header[1].strip()
            if keys[0] == table:
                seen += 1
                found = number if seen == wanted else found
        elif max(seen, 0) == wanted and (key := re.match(r"\s*([\w-]+)\s*=", line)):
            here = [*filter(None, [table]), key[1]]
            found = number if here == own[: len(here)] else found
    return found
