"""Pages of the product: the list of deals, the marketplace, the app's settings, and what their forms do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipedrive_emulator.core.store import Row, may_see
from pipedrive_emulator.web import deal_actions, deal_page, embed
from pipedrive_emulator.web.layout import (
    THEME_COOKIE,
    VIEWER_COOKIE,
    e,
    form_of,
    hidden,
    page,
    theme,
    viewer,
)
from pipedrive_emulator.web.oauth_routes import back
from pipedrive_emulator.world import World


class Pages:
    """Everything a person sees, except consent."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        """Return the routes of the pages."""
        table: list[tuple[str, str, Callable[[Request, dict[str, str]], Response]]] = [
            ("GET", "/", self.deals),
            ("GET", "/deals", self.deals),
            ("GET", "/deal/{id:int}", self.deal),
            ("POST", "/deal/{id:int}/{action}", self.act),
            ("GET", "/marketplace", self.marketplace),
            ("POST", "/marketplace/install", self.install),
            ("POST", "/marketplace/uninstall", self.uninstall),
            ("GET", "/settings/marketplace/app/{client_id}/app-settings", self.settings),
            ("POST", "/view-as", self.view_as),
            ("POST", "/theme", self.set_theme),
            ("GET", "/embed-token", self.token),
            ("POST", "/embed-frame", self.frame),
        ]
        return [Route(path, self._locked(handler), methods=[method]) for method, path, handler in table]

    def _locked(self, handler: Callable[[Request, dict[str, str]], Response]) -> Any:
        async def endpoint(request: Request) -> Response:
            form = await form_of(request) if request.method == "POST" else {}
            with self.world.lock:
                return handler(request, form)

        return endpoint

    def deals(self, request: Request, form: dict[str, str]) -> Response:
        """Return the list of deals that the viewer may see."""
        user, store = viewer(self.world, request), self.world.store
        rows = []
        for deal in store.table("deal").values():
            if deal["is_deleted"] or not may_see(user, deal):
                continue
            organization = store.get("organization", deal["org_id"])
            stage = store.table("stage")[deal["stage_id"]]
            state = "archived" if deal["is_archived"] else deal["status"]
            rows.append(
                f'<tr><td>{deal["id"]}</td><td><a href="/deal/{deal["id"]}">{e(deal["title"])}</a></td>'
                f"<td>{e(organization['name'] if organization else '')}</td><td>{e(stage['name'])}</td>"
                f'<td>{e(state)}</td><td class="number">{deal["value"]:,} {e(deal["currency"])}</td></tr>'
            )
        body = f"""<section><h1>Deals</h1><table><thead><tr><th>Id</th><th>Title</th><th>Organization</th>
<th>Stage</th><th>Status</th><th class="number">Value</th></tr></thead><tbody>{"".join(rows)}</tbody></table></section>"""
        return page(self.world, request, "Deals", body)

    def _deal(self, request: Request) -> Row | None:
        deal = self.world.store.get("deal", request.path_params["id"])
        if deal is None or deal["is_deleted"] or not may_see(viewer(self.world, request), deal):
            return None
        return deal

    def deal(self, request: Request, form: dict[str, str]) -> Response:
        """Return the view of one deal."""
        deal = self._deal(request)
        if deal is None:
            return self._nothing(request, "There is no such deal, or you may not see it.")
        body = deal_page.body(self.world, request, deal)
        return page(self.world, request, deal["title"], body)

    def _nothing(self, request: Request, text: str) -> Response:
        body = f"<section><h1>Nothing here</h1><p>{e(text)}</p></section>"
        return page(self.world, request, "Nothing here", body, status=404)

    def act(self, request: Request, form: dict[str, str]) -> Response:
        """Do what a form of the deal view asks for."""
        deal = self._deal(request)
        action = deal_actions.ACTIONS.get(request.path_params["action"])
        if deal is None or action is None:
            return self._nothing(request, "There is no such deal, or you may not see it.")
        try:
            action(self.world, viewer(self.world, request), deal, form)
        except (ValueError, KeyError) as problem:
            body = f'<section><h1>Not saved</h1><p>{e(problem)}</p><a href="/deal/{deal["id"]}">Back</a></section>'
            return page(self.world, request, "Not saved", body, status=400)
        return RedirectResponse(f"/deal/{deal['id']}", 303)

    def marketplace(self, request: Request, form: dict[str, str]) -> Response:
        """Return the page of the app, to install it or to take it away."""
        user, settings = viewer(self.world, request), self.world.settings
        installed = self.world.tokens.is_installed(user["id"])
        action, word = ("uninstall", "Uninstall") if installed else ("install", "Install")
        more = ""
        if installed:
            address = f"/settings/marketplace/app/{quote(settings.client_id, safe='')}/app-settings"
            more = f'<p><a href="{e(address)}">Settings of the app</a></p>'
        body = f"""<section class="narrow"><h1>Marketplace</h1><h2>{e(settings.client_id)}</h2>
<p>{e(user["name"])} {"has" if installed else "does not have"} this app.</p>{more}
<form method="post" action="/marketplace/{action}">{hidden("user_id", user["id"])}
<button class="primary">{word}</button></form></section>"""
        return page(self.world, request, "Marketplace", body)

    def install(self, request: Request, form: dict[str, str]) -> Response:
        """Return the redirect to the app with a code, and without a state: the app never asked."""
        user, address = viewer(self.world, request), self.world.settings.callback_url
        return back(address, code=self.world.tokens.new_code(user["id"], address, self.world.clock.now()))

    def uninstall(self, request: Request, form: dict[str, str]) -> Response:
        """Take the app away from the viewer."""
        self.world.uninstall(viewer(self.world, request)["id"])
        return RedirectResponse("/marketplace", 303)

    def settings(self, request: Request, form: dict[str, str]) -> Response:
        """Return the settings page of the app, in a frame."""
        user, world = viewer(self.world, request), self.world
        if request.path_params["client_id"] != world.settings.client_id:
            return self._nothing(request, "There is no such app.")
        if not world.tokens.is_installed(user["id"]):
            return RedirectResponse("/marketplace", 303)
        frame = embed.frame(world, user["id"], embed.SETTINGS, theme=theme(request))
        body = deal_page.host_script(world, [{**frame, "kind": "settings", "element": "app-settings"}], None)
        inner = (
            f'<section><h1>App settings</h1><div class="extension" id="app-settings"></div></section>{body}'
        )
        return page(world, request, "App settings", inner)

    def _remember(self, form: dict[str, str], cookie: str, value: str) -> Response:
        following = form.get("next", "/")
        is_local = following.startswith("/") and not following.startswith(("//", "/\\"))
        response = RedirectResponse(following if is_local else "/", 303)
        response.set_cookie(cookie, value, samesite="lax", httponly=True)
        return response

    def view_as(self, request: Request, form: dict[str, str]) -> Response:
        """Look with the eyes of another user from now on."""
        user = self.world.user(form.get("user_id", "")) or self.world.users()[0]
        return self._remember(form, VIEWER_COOKIE, str(user["id"]))

    def set_theme(self, request: Request, form: dict[str, str]) -> Response:
        """Keep the theme; the page itself changes without being loaded again."""
        return self._remember(form, THEME_COOKIE, "dark" if form.get("theme") == "dark" else "light")

    def token(self, request: Request, form: dict[str, str]) -> Response:
        """Return a new signed token for a frame of the viewer."""
        user = viewer(self.world, request)
        if not self.world.tokens.is_installed(user["id"]):
            return JSONResponse({"error": "The app is not installed"}, 403)
        token = embed.signed_token(self.world, user["id"])
        return JSONResponse({"token": token}, headers={"Cache-Control": "no-store"})

    def frame(self, request: Request, form: dict[str, str]) -> Response:
        """Return the address of a modal that a frame asks for."""
        user, path = viewer(self.world, request), embed.MODALS.get(form.get("action_id", ""))
        if path is None:
            return JSONResponse({"error": "There is no modal with this action_id"}, 404)
        if not self.world.tokens.is_installed(user["id"]):
            return JSONResponse({"error": "The app is not installed"}, 403)
        data = json.loads(form["data"]) if form.get("data") else None
        selected = form.get("selectedIds") or None
        shown = "dark" if form.get("theme") == "dark" else "light"
        found = embed.frame(self.world, user["id"], path, theme=shown, selected=selected, data=data)
        title = embed.TITLES[form["action_id"]]
        return JSONResponse({**found, "title": title}, headers={"Cache-Control": "no-store"})
