"""Personal data: what each record type holds about a person, what of it an erasure removes, and what is handed out."""
