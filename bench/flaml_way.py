"""FLAML as its users would run it on texts: TF-IDF in front of AutoML. Runs in an environment of its own, without ours.

Reads {train, y, test, seconds} as JSON from the first argument's file; writes the predictions to the second's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    """Fit on the training texts within the seconds given, and predict the others."""
    import numpy as np
    from flaml import AutoML
    from sklearn.feature_extraction.text import TfidfVectorizer

    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    train = vectoriser.fit_transform(given["train"])
    automl = AutoML()
    automl.fit(
        train,
        np.array(given["y"]),
        task="classification",
        metric="macro_f1",
        time_budget=given["seconds"],
        n_jobs=2,
        seed=7,
        verbose=0,
    )
    said = [int(code) for code in automl.predict(vectoriser.transform(given["test"]))]
    Path(sys.argv[2]).write_text(json.dumps({"said": said, "best": automl.best_estimator}), "utf-8")


main()
