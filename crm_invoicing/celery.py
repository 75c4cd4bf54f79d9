"""The Celery application: messages only trigger, rows are the truth."""

import contextlib
import os
from typing import Any

from celery import Celery, signals

from .gc_tuning import freeze_heap
from .json_logging import begin_task, end_task, pass_on

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")

# Celery remembers the last 50,000 messages that came too late, which fills memory for hours; nothing here asks for them.
os.environ.setdefault("CELERY_WORKER_REVOKES_MAX", "500")
os.environ.setdefault("CELERY_WORKER_SUCCESSFUL_MAX", "500")

NICE = 5

app = Celery("crm_invoicing")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

signals.before_task_publish.connect(pass_on)
signals.task_prerun.connect(begin_task)
signals.task_postrun.connect(end_task)


def _give_way(**kwargs: Any) -> None:
    """Let people's requests go first where web and worker share processors."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICE)


def _settle(**kwargs: Any) -> None:
    freeze_heap()


signals.worker_init.connect(_give_way)
# One is of a worker whose threads do the work, the other of each process that a worker starts.
signals.worker_ready.connect(_settle)
signals.worker_process_init.connect(_settle)
