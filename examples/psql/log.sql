-- One event from psql, in a transaction with the change that it describes:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v user=alice -v finding=42 -f examples/psql/log.sql
--
-- The login needs the writer role of the audit log. psql quotes :'user' and :'finding', so nothing has to be escaped.
begin;

-- update finding set acknowledged_by = :'user' where id = :'finding';

select seq, id, entry_hash
from audit_log.log(
  action => 'finding.acknowledged',
  target => 'finding:' || :'finding',
  user_id => :'user',
  details => json_build_object('comment', 'seen on the console'));

commit;
