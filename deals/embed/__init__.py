"""Pages in another CRM's iframe: a signed token identifies the user and the deal; cookies are not used."""
