"""Addresses of frames."""

from django.urls import path

from . import views

app_name = "embed"

urlpatterns = [
    path("", views.entry, name="entry"),
    path("frame/", views.frame, name="frame"),
    path("open/", views.open_session, name="open"),
]
