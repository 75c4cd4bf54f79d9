"""A page with every part of the interface kit, served without a database, and a browser to use it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import django_htmx
import pytest
from django.template import Context, Template

HERE = Path(__file__).resolve().parent
STATIC = [HERE.parents[1] / "static", Path(django_htmx.__file__).parent / "static"]
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"
ITEMS = ["Installation – on-site labor", "Installation – after hours", "Monitor arm, pre-installed"]


def options(query: str) -> str:
    found = [name for name in ITEMS if query.lower() in name.lower()]
    rows = "".join(
        f'<li role="option" data-value="{at}" data-label="{name}" data-price="95">{name}</li>'
        for at, name in enumerate(found)
    )
    return f'<li class="combo-count" role="presentation">{len(found)} products match</li>{rows}'


class Handler(BaseHTTPRequestHandler):
    """Serves the gallery, its style sheets and scripts, and the few answers its parts ask for."""

    posts: list[str] = []

    def answer(self, body: bytes, kind: str = "text/html") -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/static/"):
            name = url.path.removeprefix("/static/")
            found = [folder / name for folder in STATIC if (folder / name).is_file()]
            self.answer(found[0].read_bytes() if found else b"", KINDS[Path(name).suffix])
        elif url.path == "/options":
            self.answer(options(parse_qs(url.query).get("q", [""])[0]).encode())
        elif url.path == "/finds":
            rows = "".join(
                f'<li role="option" data-url="/at/{name}">{name}</li>' for name in ("deal", "person")
            )
            self.answer(f'<li class="combo-count" role="presentation">2 matches</li>{rows}'.encode())
        elif url.path == "/signed-out":
            self.send_response(302)
            self.send_header("Location", "/login/")
            self.end_headers()
        else:
            page = "question.html" if url.path == "/void" else "gallery.html"
            self.answer(Template((HERE / page).read_text()).render(Context({})).encode())

    def do_POST(self) -> None:
        self.posts.append(self.path)
        # No answer worth showing: the page that sent it stays.
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture(scope="module")
def gallery_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser, gallery_url):
    """The gallery in a fresh window; a message on the console is a failure."""
    Handler.posts.clear()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda problem: problems.append(str(problem)))
    opened.goto(gallery_url)
    opened.wait_for_function("document.documentElement.classList.contains('has-script')")
    yield opened
    context.close()
    assert problems == []
