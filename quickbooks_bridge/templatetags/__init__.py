"""Template tags of the QuickBooks side."""
