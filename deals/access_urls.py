"""Addresses by which other programs' people come, and where an admin lets programs in."""

from django.urls import path

from .views import access, deals, imports

app_name = "access"

urlpatterns = [
    path("access/", access.access, name="page"),
    path("access/tokens/<str:digest>/revoke/", access.token_revoke, name="token_revoke"),
    path("access/integrations/<int:pk>/revoke/", access.integration_revoke, name="integration_revoke"),
    path("import/", imports.import_new, name="import_new"),
    path("import/<int:pk>/", imports.import_preview, name="import"),
    path("deals/external/<str:external_id>/", deals.deal_external, name="external_deal"),
]
