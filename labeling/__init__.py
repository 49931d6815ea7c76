"""The desk: queues, leases, verdicts, consensus, people. No screen, no model training."""
