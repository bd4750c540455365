-- How writers in other languages log: one statement, with the arguments by name.
--
--   select * from audit_log.log(action => 'task.failed', target => 'task:42', details => '{"queue": "scans"}')
--
-- It is the INSERT that every writer may do, nothing more: the caller's own rights, the same trigger, the same guards. The
-- details may be any JSON object; the database makes them canonical.
create function :"schema".log(
  action text,
  target text default null,
  user_id text default null,
  details json default '{}',
  outcome text default 'success',
  source_ip inet default null,
  tenant_id text default null
) returns table (seq bigint, id uuid, "timestamp" timestamptz, entry_hash text)
  language sql volatile
  begin atomic
    insert into :"schema".entry (action, target, user_id, details, outcome, source_ip, tenant_id)
    values (
      log.action, log.target, log.user_id, coalesce(log.details, '{}'), coalesce(log.outcome, 'success'), log.source_ip,
      log.tenant_id)
    returning entry.seq, entry.id, entry.timestamp, encode(entry.entry_hash, 'hex');
  end;
comment on function :"schema".log(text, text, text, json, text, inet, text) is 'Logs one event with the caller''s own rights; returns what the server gave the entry.';

revoke execute on function :"schema".log(text, text, text, json, text, inet, text) from public;
grant execute on function :"schema".log(text, text, text, json, text, inet, text) to :"writer";
