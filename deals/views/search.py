"""One search over everything: what opens under the field while somebody types, and the page of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from deals.search import search
from deals.selectors import search_words
from deals.viewer import Viewer, viewer_required

AS_TYPED, ON_PAGE = 3, 8


@viewer_required
def search_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show what is found for `q`; asked by a script, as options of the field's list."""
    query = search_words(request.GET.get("q", ""))
    is_typing = request.headers.get("HX-Request") == "true"
    groups = search(viewer, query, limit=AS_TYPED if is_typing else ON_PAGE)
    count = sum(len(group.hits.rows) for group in groups)
    has_more = any(group.hits.has_more for group in groups)
    context = {"query": query, "search_query": query, "groups": groups, "count": count, "has_more": has_more}
    return render(request, "deals/_search_options.html" if is_typing else "deals/search.html", context)
