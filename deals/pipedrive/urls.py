"""Addresses of Pipedrive: installation, frames, webhook."""

from django.urls import path, register_converter

from . import frames, views

app_name = "pipedrive"


class PlaceConverter:
    """The places that Pipedrive's frames may ask for."""

    regex = "panel|form|all|settings"

    def to_python(self, value: str) -> str:
        """Return the place."""
        return value

    def to_url(self, value: str) -> str:
        """Return the place."""
        return value


register_converter(PlaceConverter, "pipedrive_place")

urlpatterns = [
    path("install/", views.start, name="start"),
    path("callback/", views.callback, name="callback"),
    path("confirm/", views.confirm, name="confirm"),
    path("uninstall/", views.leave, name="leave"),
    path("retry/", views.retry, name="retry"),
    path("<pipedrive_place:place>/", frames.entry, name="entry"),
    path("frame/", frames.frame, name="frame"),
    path("open/", frames.open_session, name="open"),
    path("write-back/", frames.write_back, name="write_back"),
    path("webhook/<str:key>/", frames.webhook, name="webhook"),
]
