"""Pipedrive as a CRM whose deals are billed here: install, live data, frames, webhooks, and what is written back."""
