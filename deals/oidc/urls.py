"""Addresses of single sign-on."""

from django.urls import path

from . import views

app_name = "oidc"

urlpatterns = [
    path("login/oidc/", views.start, name="start"),
    path("login/oidc/callback/", views.callback, name="callback"),
    path("account/single-sign-on/<int:pk>/remove/", views.identity_remove, name="identity_remove"),
]
