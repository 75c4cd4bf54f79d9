"""Single sign-on: people whom the company's own provider vouches for (OpenID Connect)."""
