"""The lifecycle of runs: execute, record, meter, limit, cancel, recover."""
