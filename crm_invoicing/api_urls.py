"""The REST API, version 1: both apps' addresses and the description of all of them."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny

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
]
