"""The worker process: Celery with its schedule as a thread of it."""

import threading
import warnings
from typing import Any

from celery.beat import Scheduler, Service
from celery.signals import worker_ready, worker_shutting_down
from django.core.management.base import BaseCommand, CommandParser

from crm_invoicing.celery import app


class Command(BaseCommand):
    """Run jobs and the schedule until stopped; jobs under way are finished first."""

    help = "Run background jobs and their schedule in one process."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of threads."""
        parser.add_argument("--threads", type=int, default=4)

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the schedule once the worker listens; without a broker both share this process' memory."""
        # Celery warns root of pickled messages; ours are JSON.
        warnings.filterwarnings("ignore", message="You're running the worker with superuser")
        schedule = Service(app, max_interval=1, scheduler_cls=Scheduler)

        @worker_ready.connect(weak=False)
        def _begin(**kwargs: Any) -> None:
            threading.Thread(target=schedule.start, kwargs={"embedded_process": False}, daemon=True).start()

        @worker_shutting_down.connect(weak=False)
        def _end(**kwargs: Any) -> None:
            schedule.stop(wait=False)

        app.worker_main(
            [
                "--quiet",
                "worker",
                "--pool=threads",
                f"--concurrency={options['threads']}",
                "--loglevel=WARNING",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
            ]
        )
