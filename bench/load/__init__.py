"""An office of simulated reviewers against a real server: `make load`, and what the benchmark `desk` is made of."""
