"""Where a page's messages wait for the next page: in a cookie, or for a frame, which has none, in its session."""

from typing import Any

from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest

from deals.viewer import is_embedded


class MessageStorage(FallbackStorage):
    """Django's own storage; for frames its session half alone."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        if is_embedded(request):
            self.storage_classes = (SessionStorage,)
        super().__init__(request, *args, **kwargs)
