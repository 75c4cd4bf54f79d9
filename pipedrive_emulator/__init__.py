"""A pretend Pipedrive: OAuth, the API, webhooks, the deal page with app extensions, and faults on demand."""
