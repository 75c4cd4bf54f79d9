"""Addresses of the REST API, version 1, QuickBooks side."""

from django.urls import path

from . import api

urlpatterns = [
    path("deals/<int:pk>/invoices/", api.InvoicesOfDeal.as_view(), name="deal_invoices"),
    path("deals/<int:pk>/readiness/", api.ReadinessOfDeal.as_view(), name="deal_readiness"),
    path("items/", api.ItemSearch.as_view(), name="items"),
    path("customers/", api.CustomerSearch.as_view(), name="customers"),
    path("invoices/", api.InvoiceList.as_view(), name="invoices"),
    path("invoices/<int:pk>/", api.InvoiceDetail.as_view(), name="invoice"),
    path("invoices/<int:pk>/void/", api.InvoiceVoid.as_view(), name="invoice_void"),
    path("invoices/<int:pk>/delete/", api.InvoiceDelete.as_view(), name="invoice_delete"),
    path("invoices/<int:pk>/send/", api.InvoiceSend.as_view(), name="invoice_send"),
    path("invoices/<int:pk>/pdf/", api.InvoicePdf.as_view(), name="invoice_pdf"),
]
