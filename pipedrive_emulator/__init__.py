"""A Pipedrive emulator: OAuth, the API, webhooks, the deal page with app extensions, and faults on demand."""
