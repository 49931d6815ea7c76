"""`tallyroom search`: the best model that a budget of time can find, with workers that may come, go and be killed.

`begin` writes the search down, `conductor` sees that the work goes on, `crew` holds the worker processes of this
machine, `worker` takes one trial after another, `summary` says what was found. `material` and `study` are what all
workers share, and `storage` is where Optuna keeps its books.
"""

from core.pipeline.search.begin import WARM_STARTS, SearchOptions
from core.pipeline.search.conductor import join_search, search_room

__all__ = ["WARM_STARTS", "SearchOptions", "join_search", "search_room"]
