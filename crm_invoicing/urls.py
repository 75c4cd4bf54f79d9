"""Every address of the project, by app."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView

from .health import healthz
from .metrics import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="deals:deal_list"), name="home"),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("deals.urls")),
    path("", include("quickbooks_bridge.urls")),
]

handler500 = "crm_invoicing.outage.server_error"
