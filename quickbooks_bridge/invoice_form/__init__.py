"""The invoice form: what was typed (state), what its buttons do (edits), what is shown (checks, context)."""
