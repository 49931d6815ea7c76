"""The rooms: pages, figures, the live feed's fan-out, the `tallyroom` command."""
