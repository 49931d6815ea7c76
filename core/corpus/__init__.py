"""A seeded corpus of made-up SMS, for demos, trials and benchmarks. Pure: a seed in, messages out."""

from core.corpus.generate import CLASSES, Corpus, Sms

__all__ = ["CLASSES", "Corpus", "Sms"]
