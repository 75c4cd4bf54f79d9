"""The REST API, version 1: both apps' addresses and the description of all of them."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny

from deals.api.views import NotFoundView

app_name = "api"

urlpatterns = [
    path(
        "openapi.json",
        SpectacularJSONAPIView.as_view(
            permission_classes=[AllowAny], authentication_classes=[], throttle_classes=[]
        ),
        name="openapi",
    ),
    path("", include("deals.api.urls")),
    path("", include("quickbooks_bridge.views.api_urls")),
    # The last: what is no address of the API is said in the API's own way.
    re_path(r"^(?P<rest>[\s\S]*)\Z", NotFoundView.as_view(), name="not_found"),
]
