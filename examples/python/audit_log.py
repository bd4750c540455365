"""Writes to the audit log with any driver of Python's DB-API (PEP 249) whose parameters are %s: psycopg, psycopg2, pg8000.

    with connection, connection.cursor() as cursor:
        cursor.execute("update scan set state = 'failed' where id = %s", (scan_id,))
        log(cursor, "task.failed", target=f"task:{task_id}", details={"task": "collect", "reason": str(error)})

The entry commits and rolls back with the transaction of the cursor. The database numbers, dates and hashes it, whatever the
client says; the login needs the writer role of the audit log and nothing else.
"""

import json

STATEMENT = (
    "select seq, id, entry_hash from audit_log.log("
    "action => %s, target => %s, user_id => %s, details => cast(%s as json), "
    "outcome => %s, source_ip => cast(%s as inet), tenant_id => %s)"
)


def log(cursor, action, *, target=None, user_id=None, details=None, outcome="success", source_ip=None, tenant_id=None):
    """Logs one event; returns seq, id and entry_hash of the entry."""
    text = json.dumps(details if details is not None else {}, allow_nan=False)
    cursor.execute(STATEMENT, (action, target, user_id, text, outcome, source_ip, tenant_id))
    return cursor.fetchone()
