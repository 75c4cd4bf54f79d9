"""Rules of the design, each broken by hand: whether a quick test notices. `python -m tests.mutations`."""
