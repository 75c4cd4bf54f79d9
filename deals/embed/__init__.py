"""Pages inside another CRM's own: who looks is told by a signed token, and no cookie is trusted."""
