"""Search under a budget: the space, one trial, which end early, the ensemble, what a collection is like. Pure."""

from core.learning.search.ensemble import Estimate, Selection, choose_ensemble, choose_single
from core.learning.search.halving import left_behind, make_pruner
from core.learning.search.matrices import Matrices
from core.learning.search.meta import Collection, meta_features, nearest, warm_starts
from core.learning.search.portfolio import portfolio
from core.learning.search.sampler import SIZE, make_sampler, over
from core.learning.search.space import Space
from core.learning.search.trial import Cut, Material, Outcome, try_candidate

__all__ = [
    "SIZE",
    "Collection",
    "Cut",
    "Estimate",
    "Material",
    "Matrices",
    "Outcome",
    "Selection",
    "Space",
    "choose_ensemble",
    "choose_single",
    "left_behind",
    "make_pruner",
    "make_sampler",
    "meta_features",
    "nearest",
    "over",
    "portfolio",
    "try_candidate",
    "warm_starts",
]
