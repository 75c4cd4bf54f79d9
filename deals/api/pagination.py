"""Pages of the API: by a cursor, so that none is skipped or shown twice while rows come and go."""

from rest_framework.pagination import CursorPagination


class ById(CursorPagination):
    """Rows in the order in which they came, the newest last; as fast on the last page as on the first."""

    ordering = "id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
