"""The HTTP side: API, OAuth, control API and the pages for people."""
