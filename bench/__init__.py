"""Benchmarks: each a ratio in one run against the plain way, with equal results asserted.

`python -m bench` runs all, `python -m bench NAME` runs one; its last line is one JSON object.
"""
