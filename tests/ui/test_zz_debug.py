import pytest
from django.test import Client
from tests.ui.test_pseudo_locale import *  # noqa
from tests.ui.test_pseudo_locale import _rows_beside_the_browser
LEFT = """() => { const out=[]; const w=document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
 while(w.nextNode()){ const n=w.currentNode; if(n.parentElement.closest('script,style,template')) continue; const t=n.data.replace(/\\s+/g,' ').trim(); if(/[A-Za-z]{3}/.test(t) && !/!!!/.test(t)) out.push(t.slice(0,90)); }
 for (const e of document.querySelectorAll('[aria-label],[title],[placeholder],[alt]')) for (const a of ['aria-label','title','placeholder','alt']) { const t=e.getAttribute(a); if(t && /[A-Za-z]{3}/.test(t) && !/!!!/.test(t)) out.push(a+': '+t.slice(0,80)); }
 return [...new Set(out)]; }"""
def test_left(browser, live_server, addresses, admin):
    client = Client(); client.force_login(admin.member.user)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name":"django_language","value":LONG,"url":live_server.url},{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    for name, path in {**addresses, "import":"/import/","people":"/people/","access":"/access/","preset":"/quickbooks/presets/new/","team":"/team/"}.items():
        r=page.goto(live_server.url+path); page.wait_for_timeout(300)
        print("LEFT", name, r.status, page.evaluate(LEFT))
    assert 0
def test_nb(browser, live_server, connection, deal, admin, settings):
    from quickbooks_bridge.models import Customer, CustomerLink, Invoice
    customer = Customer.objects.filter(company=connection.company, is_active=True).order_by("pk").first()
    CustomerLink.objects.create(company=connection.company, organization=deal.organization, customer_qbo_id=customer.qbo_id, linked_at=connection.connected_at)
    rows = Invoice.objects.filter(company=connection.company).order_by("pk").values_list("pk", flat=True)[:5]
    Invoice.objects.filter(pk__in=list(rows)).update(deal=deal, customer_qbo_id=customer.qbo_id)
    client = Client(); client.force_login(admin.member.user)
    for width in (1280, 320):
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_cookies([{"name":"django_language","value":"nb","url":live_server.url},{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        page = context.new_page()
        for name, path in PAGES.items():
            page.goto(live_server.url+path.format(deal=deal.pk)); page.wait_for_timeout(200)
            page.screenshot(path=f"build/i18n/nb-{name}-{width}.png", full_page=width==1280)
            print("NB", name, width, page.evaluate(WIDE), page.evaluate(CUT))
    page.context.clear_cookies(); page.context.add_cookies([{"name":"django_language","value":"nb","url":live_server.url}]); page.goto(live_server.url+"/login/"); page.screenshot(path="build/i18n/nb-login.png")
    assert 0
