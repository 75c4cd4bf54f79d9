"""The query language of the accounting API: read, judged against the entity, and answered."""
