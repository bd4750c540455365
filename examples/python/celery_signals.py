"""Logs every task of Celery that fails. Import it where the worker is set up.

    pip install celery psycopg
"""

import os

import psycopg
from celery.signals import task_failure

from audit_log import log


@task_failure.connect
def log_failure(sender=None, task_id=None, exception=None, **_):
    # A connection of its own: the transaction of the task is about to be rolled back, and the failure must stay.
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        log(
            cursor,
            "task.failed",
            target=f"task:{task_id}",
            outcome="failure",
            # The class, not the message: messages of exceptions tend to hold data.
            details={"task": sender.name, "reason": type(exception).__name__},
        )
