"""Addresses of the CRM side."""

from django.urls import URLPattern, path

from .views import deals, lists, search

app_name = "deals"


def _named(kind: str, base: str) -> list[URLPattern]:
    return [
        path(f"{base}/", lists.named_list, {"kind": kind}, name=f"{kind}_list"),
        path(f"{base}/new/", lists.named_edit, {"kind": kind}, name=f"{kind}_new"),
        path(f"{base}/<int:pk>/", lists.named_edit, {"kind": kind}, name=f"{kind}_edit"),
    ]


urlpatterns = [
    path("search/", search.search_page, name="search"),
    path("deals/", lists.deal_list, name="deal_list"),
    path("deals/new/", deals.deal_edit, name="deal_new"),
    path("deals/<int:pk>/", deals.deal_detail, name="deal_detail"),
    path("deals/<int:pk>/edit/", deals.deal_edit, name="deal_edit"),
    path("deals/<int:pk>/log/", deals.deal_log, name="deal_log"),
    path("deals/<int:pk>/move/", deals.deal_move, name="deal_move"),
    path("deals/<int:deal_pk>/products/new/", deals.line_edit, name="line_new"),
    path("deals/<int:deal_pk>/products/<int:pk>/", deals.line_edit, name="line_edit"),
    path("deals/<int:deal_pk>/products/<int:pk>/remove/", deals.line_remove, name="line_remove"),
    *_named("organization", "organizations"),
    *_named("person", "people"),
    *_named("product", "products"),
]
