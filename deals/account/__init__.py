"""A person's own account: password, address, second factor, sessions, language."""
