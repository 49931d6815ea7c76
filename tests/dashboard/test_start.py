"""What starts does not wait for what it has no use for yet."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("optuna", "sklearn", "scipy", "pandas", "pyarrow", "pandera", "luigi", "alembic", "panel")
SERVER = """
import dashboard.commands.serve, dashboard.server, dashboard.pages
from bokeh.server.server import Server
dashboard.server.register_routes()
list(dashboard.pages.PAGES)
"""
HELP = """
from dashboard.command import build
build()
"""


@pytest.mark.parametrize("starts", [SERVER, HELP], ids=["the server", "--help"])
def test_what_only_the_pipeline_or_an_explanation_needs_is_not_imported(starts: str) -> None:
    code = f"{starts}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout.splitlines()[-1]) == []


def test_the_revision_that_the_files_name_is_the_one_that_alembic_finds() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from core.store import schema

    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert schema.revisions() == ({each.revision for each in script.walk_revisions()}, script.get_current_head())
