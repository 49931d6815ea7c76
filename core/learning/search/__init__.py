"""Search under a budget: the space, one trial, the ensemble, what a collection is like. Pure."""

from core.learning.search.ensemble import Ensemble, Estimate, choose_ensemble
from core.learning.search.matrices import Matrices
from core.learning.search.meta import Collection, meta_features, nearest, warm_starts
from core.learning.search.portfolio import portfolio
from core.learning.search.sampler import SIZE, make_sampler, over
from core.learning.search.space import Space
from core.learning.search.trial import Cut, Material, Outcome, hopeless, try_candidate

__all__ = [
    "SIZE",
    "Collection",
    "Cut",
    "Ensemble",
    "Estimate",
    "Material",
    "Matrices",
    "Outcome",
    "Space",
    "choose_ensemble",
    "hopeless",
    "make_sampler",
    "meta_features",
    "nearest",
    "over",
    "portfolio",
    "try_candidate",
    "warm_starts",
]
