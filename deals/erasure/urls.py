"""Addresses about personal data."""

from django.urls import path

from . import views

app_name = "erasure"

urlpatterns = [
    path("team/erase/", views.erase, name="erase"),
    path("team/erase/<int:pk>/", views.one, name="one"),
    path("team/erase/<int:pk>/receipt/", views.receipt, name="receipt"),
]
