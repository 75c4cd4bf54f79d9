"""Addresses of the REST API, version 1, CRM side."""

from django.urls import path

from . import views

urlpatterns = [
    path("organizations/", views.OrganizationList.as_view(), name="organizations"),
    path("organizations/external/<str:external_id>/", views.OrganizationPush.as_view(), name="organization"),
    path("persons/", views.PersonList.as_view(), name="persons"),
    path("persons/external/<str:external_id>/", views.PersonPush.as_view(), name="person"),
    path("products/", views.ProductList.as_view(), name="products"),
    path("products/external/<str:external_id>/", views.ProductPush.as_view(), name="product"),
    path("custom-fields/<str:entity>/<slug:key>/", views.CustomFieldPush.as_view(), name="custom_field"),
    path("deals/", views.DealList.as_view(), name="deals"),
    path("deals/<int:pk>/", views.DealById.as_view(), name="deal_by_id"),
    path("deals/external/<str:external_id>/", views.DealPush.as_view(), name="deal"),
]
