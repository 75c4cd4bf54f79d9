"""Who works in an account: invitations, rights, leaving."""
