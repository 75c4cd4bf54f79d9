"""What the emulator knows: rows, tokens, limits and webhooks."""
