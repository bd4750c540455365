-- What around the schema weakens it: roles, settings, extensions, the server. A row is a finding: its code in
-- src/schema/posture/finding-codes.ts, what it is about, what was found, and the command that mends it.
--
-- $1 schema, $2 the roles as a JSON object of kind and name, $3 the login that the application uses
with recursive
ours as (select oid, quote_ident(nspname) as quoted from pg_namespace where nspname = $1),
kinds as (select key as kind, value as name, pg_roles.oid from json_each_text($2) left join pg_roles on rolname = value),
owner as (select oid, name from kinds where kind = 'owner'),
server as (select current_setting('server_version_num')::integer as version),
-- Whoever may become a role, inherits it, or may grant it. PostgreSQL 15 has one kind of membership, and there CREATEROLE reaches every role
-- that is no superuser.
edge as (
  select member, roleid, coalesce((to_jsonb(m) ->> 'inherit_option')::boolean or (to_jsonb(m) ->> 'set_option')::boolean, true) as direct
  from pg_auth_members as m
  where coalesce((to_jsonb(m) ->> 'inherit_option')::boolean or (to_jsonb(m) ->> 'set_option')::boolean, true) or admin_option
  union
  select creator.oid, target.oid, false from pg_roles as creator, pg_roles as target, server
  where creator.rolcreaterole and not target.rolsuper and version < 160000 and target.oid <> creator.oid
),
reach (role, target, direct) as (
  select member, roleid, direct from edge
  union
  select reach.role, edge.roleid, reach.direct and edge.direct from reach join edge on edge.member = reach.target
),
login as (
  select oid, rolname as name, rolsuper, rolreplication, rolbypassrls, rolcreaterole,
    rolname = $3 or exists (select from reach join kinds on kinds.oid = target where role = pg_roles.oid and direct and kind <> 'owner') as is_application,
    exists (select from reach join kinds on kinds.oid = target where role = pg_roles.oid and direct and kind = 'writer') as writes,
    exists (select from reach join kinds on kinds.oid = target where role = pg_roles.oid and direct and kind = 'archivist') as archives
  from pg_roles where rolcanlogin
),
finding (code, subject, detail, fix) as (
  select 'role_missing', 'role ' || name, kind, format('create role %I nologin;', name) from kinds where oid is null
  union all
  select 'role_unsafe', 'role ' || name, concat_ws(', ', case when rolcanlogin then 'LOGIN' end, case when rolsuper then 'SUPERUSER' end,
      case when rolcreaterole then 'CREATEROLE' end, case when rolcreatedb then 'CREATEDB' end, case when rolreplication then 'REPLICATION' end,
      case when rolbypassrls then 'BYPASSRLS' end),
    format('alter role %I nologin nosuperuser nocreaterole nocreatedb noreplication nobypassrls;', name)
  from kinds join pg_roles on pg_roles.oid = kinds.oid
  where rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls
  union all
  select 'role_unsafe', 'role ' || name, 'is in role ' || rolname, format('revoke %I from %I;', rolname, name)
  from kinds join edge on member = kinds.oid and direct join pg_roles on pg_roles.oid = roleid
  where kind = 'owner' or roleid in (select oid from owner) or rolname ~ '^pg_'
  union all
  select 'application_is_superuser', 'login ' || name, null, format('alter role %I nosuperuser;', name) from login where is_application and rolsuper
  union all
  select case when is_application then 'application_reaches_owner' else 'owner_reachable' end, 'login ' || login.name,
    case when owns then 'is the owner role' when bool_or(direct) then 'is a member of the owner role' else 'may grant itself the owner role' end,
    case when owns then 'create a role of its own for the application: nobody logs in as the owner'
      when login.rolcreaterole and version < 160000 then format('alter role %I nocreaterole;', login.name)
      else coalesce((
        select string_agg('revoke ' || quote_ident(owner.name) || ' from ' || quote_ident(member.rolname) || ' granted by ' || quote_ident(grantor.rolname) || ';', ' ' order by member.rolname)
        from pg_auth_members as m join pg_roles as member on member.oid = m.member join pg_roles as grantor on grantor.oid = m.grantor
        where m.roleid = owner.oid and (m.member = login.oid or m.member in (select target from reach where role = login.oid))
      ), format('revoke %I from %I;', owner.name, login.name)) end
  from login cross join server cross join owner cross join lateral (select login.oid = owner.oid as owns) as self
  join reach on role = login.oid and target = owner.oid or owns
  where not login.rolsuper group by login.oid, login.name, login.rolcreaterole, owner.oid, owner.name, owns, is_application, version
  union all
  select distinct 'application_has_power', 'login ' || login.name, 'role ' || rolname, format('revoke %I from %I;', rolname, login.name)
  from login join reach on role = login.oid join pg_roles on pg_roles.oid = target
  where is_application and not login.rolsuper and rolname in ('pg_write_all_data', 'pg_maintain', 'pg_execute_server_program', 'pg_write_server_files',
    'pg_read_server_files', 'pg_create_subscription', 'pg_signal_backend', 'pg_signal_autovacuum_worker')
    and (direct or not login.rolcreaterole or (select version from server) >= 160000)
  union all
  select 'application_has_power', 'login ' || name, attribute, format('alter role %I no%s;', name, lower(attribute))
  from login, lateral (select 'CREATEROLE' where rolcreaterole union all select 'REPLICATION' where rolreplication union all select 'BYPASSRLS' where rolbypassrls) as a (attribute)
  where is_application and not rolsuper
  union all
  select 'application_owns_database', 'login ' || name, 'database ' || datname, format('alter database %I owner to %I;', datname, (select rolname from pg_roles where oid = 10))
  from login join pg_database on datdba = login.oid where datname = current_database() and is_application and not rolsuper
  union all
  select 'duties_not_separated', 'login ' || name, 'writes and purges', format('revoke %I from %I;', (select name from kinds where kind = 'archivist'), name)
  from login where writes and archives and not rolsuper
  union all
  select 'owner_owns_elsewhere', 'function ' || p.oid::regprocedure, null, format('alter function %s owner to %I;', p.oid::regprocedure, (select rolname from pg_roles where oid = 10))
  from pg_proc as p join owner on proowner = owner.oid where pronamespace <> coalesce((select oid from ours), 0)
  union all
  -- Settings that are forced on a role, a database or everybody.
  select case when name = 'session_replication_role' then 'replication_role_set' else 'setting_overridden' end,
    concat_ws(' in ', 'role ' || rolname, 'database ' || datname), setting,
    'alter ' || case when rolname is null then 'database ' || quote_ident(datname) else 'role ' || quote_ident(rolname) || coalesce(' in database ' || quote_ident(datname), '') end || ' reset ' || name || ';'
  from pg_db_role_setting left join pg_roles on pg_roles.oid = setrole left join pg_database on pg_database.oid = setdatabase,
    unnest(setconfig) as setting, split_part(setting, '=', 1) as name
  where (setdatabase = 0 or datname = current_database())
    and (name = 'session_replication_role' and split_part(setting, '=', 2) <> 'origin'
      or name in ('default_transaction_read_only', 'row_security', 'synchronous_commit', 'fsync', 'allow_system_table_mods', 'ignore_checksum_failure')
      or name = 'search_path' and setting ~ 'pg_temp')
  union all
  select 'replication_role_set', 'this session', 'session_replication_role=' || current_setting('session_replication_role'), 'set session_replication_role = origin;'
  where current_setting('session_replication_role') <> 'origin'
  union all
  select 'parameter_granted', 'parameter ' || parname, 'to ' || case grantee when 0 then 'public' else grantee::regrole::text end,
    format('revoke %s on parameter %s from %s;', privilege_type, parname, case grantee when 0 then 'public' else grantee::regrole::text end)
  from pg_parameter_acl, aclexplode(paracl) left join pg_roles on pg_roles.oid = grantee
  where parname in ('session_replication_role', 'allow_system_table_mods', 'ignore_checksum_failure', 'zero_damaged_pages') and rolsuper is not true
  union all
  select code, 'setting ' || name, name || '=' || coalesce(current_setting(name, true), 'unknown'), fix from (values
    ('write_not_durable', 'fsync', 'on', 'alter system set fsync = on; select pg_reload_conf();'),
    ('write_not_durable', 'full_page_writes', 'on', 'alter system set full_page_writes = on; select pg_reload_conf();'),
    ('write_not_durable', 'synchronous_commit', 'on local remote_write remote_apply', 'alter system set synchronous_commit = on; select pg_reload_conf();'),
    ('catalog_writable', 'allow_system_table_mods', 'off', 'alter system set allow_system_table_mods = off; select pg_reload_conf();'),
    ('checksums_off', 'data_checksums', 'on', 'pg_checksums --enable, while the server is stopped'),
    ('commit_timestamps_off', 'track_commit_timestamp', 'on', 'alter system set track_commit_timestamp = on, then restart the server'),
    ('prepared_transactions_allowed', 'max_prepared_transactions', '0', 'alter system set max_prepared_transactions = 0, then restart the server')
  ) as wanted (code, name, good, fix) where not coalesce(current_setting(name, true), '') = any (string_to_array(good, ' '))
  union all
  select 'encoding_unsafe', 'database ' || current_database(), current_setting('server_encoding'), 'move the log into a database with encoding UTF8' where current_setting('server_encoding') <> 'UTF8'
  union all
  select 'prepared_transaction', 'transaction ' || gid, 'since ' || to_char(prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), format('rollback prepared %L;', gid)
  from pg_prepared_xacts where database = current_database() and prepared < clock_timestamp() - interval '1 minute'
  union all
  select 'event_trigger_present', 'event trigger ' || evtname, evtevent || ' by ' || evtowner::regrole, format('drop event trigger %I;', evtname)
  from pg_event_trigger join pg_proc on pg_proc.oid = evtfoid where evtenabled <> 'D' and pronamespace is distinct from to_regnamespace(quote_ident($1 || '_hardening'))
  union all
  select case when count(*) filter (where evtenabled = 'A' and event_owner.rolsuper and function_owner.rolsuper) = 2 then 'hardened' else 'hardening_incomplete' end,
    'schema ' || $1, string_agg(evtname || ' ' || evtenabled::text, ', ' order by evtname),
    case when count(*) filter (where evtenabled = 'A' and event_owner.rolsuper and function_owner.rolsuper) = 2 then 'nothing to mend' else 'run the script of audit-log harden --print again' end
  from pg_namespace join pg_proc on pronamespace = pg_namespace.oid and prorettype = 'event_trigger'::regtype
  left join pg_event_trigger on evtfoid = pg_proc.oid left join pg_roles as event_owner on event_owner.oid = evtowner
  left join pg_roles as function_owner on function_owner.oid = proowner
  where nspname = $1 || '_hardening' having count(*) > 0
  union all
  select 'extension_dangerous', 'extension ' || extname, extversion, format('drop extension %I;', extname) from pg_extension
  where extname in ('pg_surgery', 'adminpack', 'plpythonu', 'plpython3u', 'plperlu', 'pltclu', 'file_fdw', 'pg_repack', 'pg_squeeze')
  union all
  select 'partition_missing', 'month ' || to_char(month, 'YYYY-MM'), null, format('select %s.ensure_partitions();', quoted)
  from ours, generate_series(date_trunc('month', clock_timestamp() at time zone 'UTC'), date_trunc('month', clock_timestamp() at time zone 'UTC') + interval '1 month', interval '1 month') as month
  where not exists (select from pg_class where relnamespace = ours.oid and relname = 'entry_' || to_char(month, 'YYYY_MM') and relispartition)
  union all
  select 'default_partition_filled', 'table entry_default', null, format('look for the month that had no partition, then: select %s.ensure_partitions();', quoted)
  from ours join pg_class on relnamespace = ours.oid and relname = 'entry_default' where pg_relation_size(pg_class.oid) > 0
)
select code, subject, detail, fix from finding
