"""Addresses of frames."""

from django.urls import path

from . import views

app_name = "embed"

urlpatterns = [
    path("", views.entry, name="entry"),
    path("frame/", views.frame, name="frame"),
    path("open/", views.open_session, name="open"),
    path("continue/", views.continue_in_tab, name="continue_in_tab"),
    path("tab/", views.tab, name="tab"),
]
