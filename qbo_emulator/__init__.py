"""A pretend QuickBooks Online that runs in its own process and is spoken to over HTTP."""
