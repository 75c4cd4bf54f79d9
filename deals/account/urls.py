"""Addresses of a person's own account."""

from django.urls import path

from . import confirm, passkey_views, required, views

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
    path("account/second-factor/required/", required.factor_required, name="factor_required"),
    path("team/second-factor/", required.factor_policy, name="factor_policy"),
    path("account/confirm/", confirm.confirm, name="confirm"),
    path("account/confirm/passkey/", passkey_views.confirm, name="confirm_passkey"),
    path("account/passkeys/new/", passkey_views.new, name="passkey_new"),
    path("account/passkeys/<int:pk>/remove/", passkey_views.remove, name="passkey_remove"),
    path("login/passkey/options/", passkey_views.options, name="passkey_options"),
    path("login/passkey/", passkey_views.sign_in, name="passkey_sign_in"),
    path("login/second-step/passkey/", passkey_views.second_step, name="passkey_second_step"),
    path("login/second-step/", views.second_step, name="second_step"),
    path("login/forgotten/", views.ResetView.as_view(), name="reset"),
    path("login/forgotten/sent/", views.reset_sent, name="reset_sent"),
    path("login/forgotten/<str:uidb64>/<str:token>/", views.ResetConfirmView.as_view(), name="reset_confirm"),
]
