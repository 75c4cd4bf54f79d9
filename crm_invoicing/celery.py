"""The Celery application: messages are wake-ups, rows are the truth."""

import os

from celery import Celery, signals

from .logs import begin_task, end_task, pass_on

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")

app = Celery("crm_invoicing")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

signals.before_task_publish.connect(pass_on)
signals.task_prerun.connect(begin_task)
signals.task_postrun.connect(end_task)
