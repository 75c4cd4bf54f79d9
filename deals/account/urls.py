"""Addresses of a person's own account."""

from django.urls import path

from . import views

app_name = "account"

urlpatterns = [
    path("account/", views.account, name="page"),
    path("account/password/", views.password, name="password"),
    path("account/notifications/", views.notifications, name="notifications"),
    path("account/email/", views.email, name="email"),
    path("account/address/<str:token>/", views.email_confirm, name="email_confirm"),
    path("account/sessions/<int:pk>/end/", views.session_end, name="session_end"),
    path("account/second-factor/", views.factor, name="factor"),
    path("account/second-factor/change/", views.factor_change, name="factor_change"),
    path("login/second-step/", views.second_step, name="second_step"),
    path("login/forgotten/", views.ResetView.as_view(), name="reset"),
    path("login/forgotten/sent/", views.reset_sent, name="reset_sent"),
    path("login/forgotten/<str:uidb64>/<str:token>/", views.ResetConfirmView.as_view(), name="reset_confirm"),
]
