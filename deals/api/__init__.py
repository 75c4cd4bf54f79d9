"""The REST API of the CRM side: another CRM pushes its deals and what they name."""
