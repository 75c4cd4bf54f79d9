"""An example of a CRM that shows a deal's invoices in a frame: all that another CRM has to do, in one file.

    EXAMPLE_HOST_SECRET=... python docs/example_host/host.py --app http://localhost:8000 --issuer crm_... --deal deal-1

It needs Python and PyJWT alone. The two things that matter are `signed_token`, which says who looks at what, and the script
at the end, which answers the frame. docs/embedding.md says what each of them may say.
"""

import argparse
import html
import json
import os
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>%(title)s · Example CRM</title>
<style>
  :root { color-scheme: light dark; --page: #eef1f6; --card: #fff; --ink: #1a2230; --line: #d5dbe5; }
  [data-theme=dark] { color-scheme: dark; --page: #0f1319; --card: #191f29; --ink: #e8ecf2; --line: #323a46; }
  body { margin: 0; background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
  header { display: flex; gap: 16px; align-items: center; padding: 12px 20px; background: #26324a; color: #fff; }
  header a, header button { color: inherit; background: none; border: 1px solid #fff6; border-radius: 6px; padding: 5px 10px; font: inherit; text-decoration: none; cursor: pointer; }
  main { display: grid; grid-template-columns: minmax(0, 385px) 1fr; gap: 20px; padding: 20px; align-items: start; }
  section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
  h1 { font-size: 20px; margin: 0; flex: 1; } h2 { font-size: 14px; margin: 0; padding: 12px 16px; border-bottom: 1px solid var(--line); }
  iframe { display: block; width: 100%%; border: 0; } #panel { height: 320px; }
  dialog { width: min(1200px, 96vw); height: 92vh; padding: 0; border: 1px solid var(--line); border-radius: 12px; background: var(--card); }
  dialog iframe { height: 100%%; } p { padding: 0 16px; }
  @media (max-width: 720px) { main { grid-template-columns: minmax(0, 1fr); padding: 8px; } }
</style>
<header><h1>%(title)s</h1>%(away)s<button id="theme" type="button">Dark</button></header>
<main><section><h2>Invoices</h2><iframe id="panel" title="Invoices" src="%(frame)s"></iframe></section>
<section><h2>Another CRM’s own page</h2><p>This page belongs to another program on another origin. The frame beside it knows who
looks at which deal by a token that this program signed, and keeps no cookie.</p></section></main>
<dialog id="modal"><iframe title="Invoices"></iframe></dialog>
<script>
  const app = %(app)s, panel = document.getElementById("panel"), modal = document.getElementById("modal");
  const inside = modal.querySelector("iframe");
  const theme = () => document.documentElement.dataset.theme;
  const say = (frame, data) => frame.contentWindow.postMessage({ target: "crm-invoicing", ...data }, app);
  const signed = async (place) => (await fetch("token?" + new URLSearchParams({ deal: %(deal)s, place, theme: theme() }))).json();
  window.addEventListener("message", async (event) => {
    const frame = [panel, inside].find((one) => one.contentWindow === event.source);
    if (!frame || event.origin !== app || event.data?.source !== "crm-invoicing") return;
    const { type, height, place } = event.data;
    if (type === "ready") say(frame, { type: "theme", theme: theme() });
    if (type === "token-needed") {
      const given = await signed("panel").catch(() => null);
      if (given) say(frame, { type: "token", token: given.token });
    }
    if (type === "resize" && frame === panel) panel.style.height = height + "px";
    if (type === "open") { inside.src = (await signed(place)).address; modal.showModal(); }
    if (type === "done") { modal.close(); say(panel, { type: "refresh" }); }
  });
  modal.addEventListener("close", () => inside.removeAttribute("src"));
  modal.addEventListener("click", (event) => event.target === modal && modal.close());
  document.getElementById("theme").addEventListener("click", (event) => {
    document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
    event.target.textContent = theme() === "dark" ? "Light" : "Dark";
    for (const frame of [panel, inside]) if (frame.src) say(frame, { type: "theme", theme: theme() });
  });
</script></html>"""


def signed_token(config: argparse.Namespace, deal: str) -> str:
    """Return what the frame's address carries: who looks at which deal. It holds for five minutes, and once."""
    now = int(time.time())
    claims = {
        "iss": config.issuer,
        "aud": config.app,
        "sub": config.user,
        "name": config.user_name,
        "role": config.role,
        "resource": {"type": "deal", "id": deal},
        "iat": now,
        "exp": now + 300,
        "jti": secrets.token_hex(16),
    }
    return jwt.encode(claims, config.secret, algorithm="HS256")


def frame_address(config: argparse.Namespace, deal: str, place: str, theme: str) -> str:
    """Return the address of a frame: "panel", "form" for a new invoice, or "all" for all invoices."""
    query = {"token": signed_token(config, deal), "place": place, "theme": theme}
    return f"{config.app}/embed/?{urlencode(query)}"


class Handler(BaseHTTPRequestHandler):
    """The deal's page, and new tokens for it. A real CRM signs its own people in first, and checks what they may see."""

    config: argparse.Namespace

    def do_GET(self) -> None:
        """Answer with a page or with a token."""
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        deal, theme = asked.get("deal", self.config.deal), asked.get("theme", "light")
        if url.path == "/token":
            address = frame_address(self.config, deal, asked.get("place", "panel"), theme)
            body = json.dumps({"address": address, "token": signed_token(self.config, deal)})
            self.answer(body, "application/json")
        elif url.path == "/":
            away = (
                f'<a href="{html.escape(self.config.away)}">Open the app itself</a>'
                if self.config.away
                else ""
            )
            page = PAGE % {
                "title": html.escape(self.config.title), "away": away, "app": json.dumps(self.config.app),
                "deal": json.dumps(deal), "frame": html.escape(frame_address(self.config, deal, "panel", theme)),
            }  # fmt: skip
            self.answer(page, "text/html; charset=utf-8")
        else:
            self.send_error(404)

    def answer(self, text: str, kind: str) -> None:
        """Send a text."""
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: addresses hold tokens."""


def main() -> None:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("app", "issuer", "deal"):
        parser.add_argument(f"--{name}", required=True)
    # From the environment, so that no list of processes shows it.
    parser.add_argument("--secret", default=os.environ.get("EXAMPLE_HOST_SECRET", ""))
    parser.add_argument("--user", default="u-1")
    parser.add_argument("--user-name", default="Robin Example")
    parser.add_argument("--role", default="rep", choices=["rep", "admin"])
    parser.add_argument("--title", default="A deal")
    parser.add_argument("--away", default="")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8950)
    Handler.config = parser.parse_args()
    with ThreadingHTTPServer((Handler.config.host, Handler.config.port), Handler) as server:
        print(f"http://{Handler.config.host}:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
