"""Addresses of the QuickBooks side."""

from django.urls import path

from .views import (
    actions,
    connection,
    deal_actions,
    history,
    invoice_form,
    invoices,
    links,
    presets,
    rescue,
    searches,
    settings,
    webhook,
)

app_name = "quickbooks"

urlpatterns = [
    path("quickbooks/", settings.settings_page, name="settings"),
    path("quickbooks/connect/", connection.connect, name="connect"),
    path("quickbooks/connect/other/", connection.connect_other, name="connect_other"),
    path("quickbooks/callback/", connection.callback, name="callback"),
    path("quickbooks/disconnect/", connection.disconnect, name="disconnect"),
    path("quickbooks/preview/", settings.preview, name="preview"),
    path("quickbooks/fields/", settings.field_options, name="field_options"),
    path("quickbooks/progress/", connection.progress, name="progress"),
    path("quickbooks/presets/new/", presets.preset_edit, name="preset_new"),
    path("quickbooks/presets/<int:pk>/", presets.preset_edit, name="preset_edit"),
    path("quickbooks/presets/<int:pk>/default/", presets.preset_default, name="preset_default"),
    path("quickbooks/presets/<int:pk>/delete/", presets.preset_delete, name="preset_delete"),
    path("quickbooks/webhook/", webhook.webhook, name="webhook"),
    path("quickbooks/customers/", searches.customer_search, name="customer_search"),
    path("quickbooks/items/", searches.item_search, name="item_search"),
    path("deals/<int:deal_pk>/invoices/new/", invoice_form.invoice_new, name="invoice_new"),
    path("deals/<int:deal_pk>/invoices/check/", invoice_form.invoice_check, name="invoice_check"),
    path("deals/<int:deal_pk>/invoices/new/sign-in/", rescue.FormSignIn.as_view(), name="sign_in_again"),
    path("deals/<int:deal_pk>/invoices/tab/", invoices.panel, {"slot": "tab"}, name="tab"),
    path("deals/<int:deal_pk>/invoices/sidebar/", invoices.panel, {"slot": "sidebar"}, name="sidebar"),
    path("deals/<int:deal_pk>/invoices/refresh/", deal_actions.refresh, name="refresh"),
    path("deals/<int:deal_pk>/invoices/all/", history.all_invoices, name="all_invoices"),
    path("deals/<int:deal_pk>/invoices/all.csv", history.export_csv, name="export_csv"),
    path("deals/<int:deal_pk>/invoices/links/", links.links, name="links"),
    path("deals/<int:deal_pk>/invoices/not-this/", links.decline, name="decline"),
    path("deals/<int:deal_pk>/customer/unlink/", deal_actions.unlink_customer, name="unlink_customer"),
    path("invoices/<int:pk>/void/", actions.void, name="void"),
    path("invoices/<int:pk>/delete/", actions.delete, name="delete"),
    path("invoices/<int:pk>/send/", actions.send, name="send"),
    path("invoices/<int:pk>/pdf/", actions.pdf, name="pdf"),
    path("invoices/<int:pk>/unlink/", actions.unlink, name="unlink"),
    path("invoices/<int:pk>/link/<int:deal_pk>/", links.link, name="link"),
    path("intents/<int:pk>/check/", deal_actions.check, name="check"),
    path("intents/<int:pk>/dismiss/", deal_actions.dismiss, name="dismiss"),
]
