"""Reference scorers, each a single file to copy: they read what `linear_json` writes, and need nothing else."""
