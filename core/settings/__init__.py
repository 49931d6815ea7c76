"""A room's settings: `tallyroom.toml`, with overrides from the environment.

Each key can be overridden by an environment variable: `TALLYROOM_` and its path in capitals with two
underscores between the parts, such as `TALLYROOM_STORE__URL` or `TALLYROOM_SERVER__PORT`.
"""

from core.settings.desk import DeskSettings
from core.settings.load import FILE_NAME, Settings, load_settings
from core.settings.pipeline import PipelineSettings
from core.settings.room import RoomSettings, StoreSettings
from core.settings.server import ApiSettings, OidcSettings, ServerSettings
from core.settings.telling import AlarmSettings, MailSettings, QuietSettings, WebhookSettings

__all__ = [
    "FILE_NAME",
    "AlarmSettings",
    "ApiSettings",
    "DeskSettings",
    "MailSettings",
    "OidcSettings",
    "PipelineSettings",
    "QuietSettings",
    "RoomSettings",
    "ServerSettings",
    "Settings",
    "StoreSettings",
    "WebhookSettings",
    "load_settings",
]
