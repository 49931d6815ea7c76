"""Reads `tallyroom.toml`, with overrides from the environment; what is wrong is told with file, line, key and fix."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError

from core.errors import SettingsError, did_you_mean
from core.settings.desk import DeskSettings
from core.settings.export import ExportSettings
from core.settings.pipeline import PipelineSettings
from core.settings.room import RoomSettings, StoreSettings
from core.settings.server import ApiSettings, OidcSettings, ServerSettings
from core.settings.telling import AlarmSettings, MailSettings, QuietSettings, WebhookSettings

FILE_NAME = "tallyroom.toml"
_PREFIX = "TALLYROOM_"


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
    export: ExportSettings = ExportSettings()
    desk: DeskSettings = DeskSettings()
    server: ServerSettings = ServerSettings()
    oidc: OidcSettings = OidcSettings()
    api: ApiSettings = ApiSettings()
    webhooks: tuple[WebhookSettings, ...] = ()
    alarms: tuple[AlarmSettings, ...] = ()
    mail: MailSettings = MailSettings()
    quiet_hours: QuietSettings = QuietSettings()

    @model_validator(mode="after")
    def _costs_of_known_classes(self) -> Settings:
        named = {*self.pipeline.costs, *(said for costs in self.pipeline.costs.values() for said in costs)}
        for name in sorted(named - set(self.room.classes)):
            raise ValueError(f"[pipeline] costs name the class '{name}'. {did_you_mean(name, self.room.classes)}")
        return self

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
    if not keys:  # two sections that do not fit each other
        return SettingsError(first["msg"].removeprefix("Value error, "), where=str(path))
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
