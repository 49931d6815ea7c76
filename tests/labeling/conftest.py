"""People at a desk."""

from __future__ import annotations

import pytest
from rooms import CLASSES

from core.store import Store
from labeling.desk import Desk
from labeling.people import Reviewer, add_person


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, CLASSES)


@pytest.fixture
def ada(store: Store) -> Reviewer:
    return add_person(store, "Ada")


@pytest.fixture
def bela(store: Store) -> Reviewer:
    return add_person(store, "Bela")
