"""Addresses about people."""

from django.urls import path

from . import setup, views

app_name = "people"

urlpatterns = [
    path("team/", views.people, name="list"),
    path("team/sharing/", views.sharing, name="sharing"),
    path("team/invitations/<int:pk>/withdraw/", views.invitation_withdraw, name="withdraw"),
    path("team/trail/", views.trail, name="trail"),
    path("team/<int:pk>/", views.member_edit, name="edit"),
    path("team/<int:pk>/end/", views.member_end, name="end"),
    path("team/<int:pk>/sign-out/", views.member_sign_out, name="sign_out"),
    path("setup/", setup.setup, name="setup"),
    path("welcome/", setup.welcome, name="welcome"),
    path("welcome/samples/", setup.samples, name="samples"),
    path("join/<str:token>/", views.join_page, name="join"),
]
