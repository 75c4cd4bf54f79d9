"""Every address of the project, by app."""

from django.urls import include, path
from django.views.generic import RedirectView

from deals.auth_backends import SignInView, SignOutView

from .health import healthz
from .member_language import set_language
from .metrics import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="deals:deal_list"), name="home"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", SignOutView.as_view(), name="logout"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("i18n/setlang/", set_language, name="set_language"),
    path("embed/", include("deals.embed.urls")),
    path("", include("deals.erasure.urls")),
    path("", include("deals.people.urls")),
    path("", include("deals.account.urls")),
    path("", include("deals.oidc.urls")),
    path("pipedrive/", include("deals.pipedrive.urls")),
    path("api/v1/", include("crm_invoicing.api_urls")),
    path("", include("deals.access_urls")),
    path("", include("deals.urls")),
    path("", include("quickbooks_bridge.urls")),
]

handler500 = "crm_invoicing.error_views.server_error"
