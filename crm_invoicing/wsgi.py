"""The entry point of web servers."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from .gc_tuning import freeze_heap

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")

application = get_wsgi_application()
# All views are loaded now and not by whoever comes first.
_ = get_resolver().url_patterns
freeze_heap()
