"""Addresses of the QuickBooks side."""

from django.urls import path

from .views import (
    autocomplete,
    connection,
    customer_invoices,
    deal_actions,
    health,
    invoice_actions,
    invoice_form,
    links,
    login_recovery,
    panel_fragments,
    presets,
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
    path("quickbooks/choices/", settings.settings_choices, name="settings_choices"),
    path("quickbooks/preview/", settings.preview, name="preview"),
    path("quickbooks/fields/", settings.field_options, name="field_options"),
    path("quickbooks/progress/", connection.progress, name="progress"),
    path("quickbooks/presets/new/", presets.preset_edit, name="preset_new"),
    path("quickbooks/presets/<int:pk>/", presets.preset_edit, name="preset_edit"),
    path("quickbooks/presets/<int:pk>/default/", presets.preset_default, name="preset_default"),
    path("quickbooks/presets/<int:pk>/delete/", presets.preset_delete, name="preset_delete"),
    path("quickbooks/health/", health.health, name="health"),
    path("quickbooks/health/part/", health.health_part, name="health_part"),
    path("quickbooks/health/compare/", health.health_compare, name="health_compare"),
    path("quickbooks/health/remind/", health.health_remind, name="health_remind"),
    path("quickbooks/health/told/", health.health_told, name="health_told"),
    path("quickbooks/health/sync/", health.health_sync, name="health_sync"),
    path("quickbooks/health/notices/", health.health_notices, name="health_notices"),
    path("quickbooks/webhook/", webhook.webhook, name="webhook"),
    path("quickbooks/customers/", autocomplete.customer_search, name="customer_search"),
    path("quickbooks/items/", autocomplete.item_search, name="item_search"),
    path("deals/<int:deal_pk>/invoices/new/", invoice_form.invoice_new, name="invoice_new"),
    path("deals/<int:deal_pk>/invoices/check/", invoice_form.invoice_check, name="invoice_check"),
    path(
        "deals/<int:deal_pk>/invoices/new/sign-in/", login_recovery.FormSignIn.as_view(), name="sign_in_again"
    ),
    path("deals/<int:deal_pk>/invoices/tab/", panel_fragments.panel, {"slot": "tab"}, name="tab"),
    path("deals/<int:deal_pk>/invoices/sidebar/", panel_fragments.panel, {"slot": "sidebar"}, name="sidebar"),
    path("deals/<int:deal_pk>/invoices/refresh/", deal_actions.refresh, name="refresh"),
    path("deals/<int:deal_pk>/invoices/all/", customer_invoices.all_invoices, name="all_invoices"),
    path("deals/<int:deal_pk>/invoices/all.csv", customer_invoices.export_csv, name="export_csv"),
    path("deals/<int:deal_pk>/invoices/links/", links.links, name="links"),
    path("deals/<int:deal_pk>/invoices/not-this/", links.decline, name="decline"),
    path("deals/<int:deal_pk>/customer/unlink/", deal_actions.unlink_customer, name="unlink_customer"),
    path("invoices/<int:pk>/void/", invoice_actions.void, name="void"),
    path("invoices/<int:pk>/delete/", invoice_actions.delete, name="delete"),
    path("invoices/<int:pk>/send/", invoice_actions.send, name="send"),
    path("invoices/<int:pk>/pdf/", invoice_actions.pdf, name="pdf"),
    path("invoices/<int:pk>/unlink/", invoice_actions.unlink, name="unlink"),
    path("invoices/<int:pk>/link/<int:deal_pk>/", links.link, name="link"),
    path("intents/<int:pk>/check/", deal_actions.check, name="check"),
    path("intents/<int:pk>/abandon/", deal_actions.abandon, name="abandon"),
    path("intents/<int:pk>/dismiss/", deal_actions.dismiss, name="dismiss"),
]
