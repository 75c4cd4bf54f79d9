"""Pages of the CRM side."""
