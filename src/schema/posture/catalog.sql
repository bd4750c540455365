-- Everything that the catalog says of the schema, as pairs of a subject and what is said of it. src/schema/posture/shipped-catalog.json
-- holds what this says of a new installation. Names are qualified by a search path of pg_catalog alone and quoted where they must be;
-- the five roles are written :owner, :writer, ... and a monthly partition is called entry_month, whatever month it holds.
--
-- A row: the subject, what is said of it, the month's partition if it is about one, and the name of an index, constraint or the like.
-- $1 schema, $2 the roles as a JSON object of kind and name
with
ours as (select oid, nspname, nspowner, nspacl, quote_ident(nspname) as quoted from pg_namespace where nspname = $1),
role as (
  select pg_roles.oid, ':' || key as label from json_each_text($2) join pg_roles on rolname = value
  union all select 0, 'public'
),
who as (
  select pg_roles.oid, coalesce(label, quote_ident(rolname)) as label from pg_roles left join role on role.oid = pg_roles.oid
  union all select 0, 'public'
),
relation as (
  select c.oid, c.relname, c.relkind, c.relpersistence, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.reltablespace, c.relam,
    c.reloptions, c.reloftype, c.relispartition, c.relpartbound, c.relhastriggers, c.relhasindex, c.relhassubclass, c.relchecks, ours.quoted || '.' || quote_ident(c.relname) as qualified,
    case when month.name is null then quote_ident(c.relname) else 'entry_month' end as label,
    case c.relkind when 'S' then 'sequence ' when 'v' then 'view ' when 'm' then 'view ' when 'c' then 'type ' else 'table ' end as shape,
    month.name as partition, month.lower_bound, month.upper_bound
  from ours join pg_class as c on c.relnamespace = ours.oid
  left join lateral (
    select c.relname as name, to_char(first_day, 'YYYY-MM-DD') || ' 00:00:00+00' as lower_bound,
      to_char(first_day + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00' as upper_bound
    from regexp_match(c.relname, '^entry_([1-9][0-9]{3})_(0[1-9]|1[0-2])$') as part,
      make_timestamp(part[1]::integer, part[2]::integer, 1, 0, 0, 0) as first_day
    where c.relispartition and first_day is not null
  ) as month on true
  where c.relkind not in ('i', 'I', 't')
),
routine as (
  select p.oid, p.prokind, p.proowner, p.proacl, quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' as label
  from ours join pg_proc as p on p.pronamespace = ours.oid
),
granted as (
  select 'schema' as object, null::text as partition, acl.* from ours, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as acl
  union all
  select case relkind when 'S' then 'sequence ' else 'table ' end || label, partition, acl.*
  from relation, aclexplode(coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))) as acl where relkind <> 'c'
  union all
  select 'column ' || label || '.' || quote_ident(attname), partition, acl.*
  from relation join pg_attribute on attrelid = relation.oid, aclexplode(attacl) as acl where not attisdropped
  union all
  select 'function ' || label, null, acl.* from routine, aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
),
fact (subject, value, partition, name) as (
  select 'owner of schema', label, null, null from ours join who on who.oid = nspowner
  union all
  select shape || label,
    concat_ws(', ', 'kind ' || relkind::text, case when reltablespace <> 0 then 'tablespace ' || reltablespace end, case when reloftype <> 0 then 'typed' end,
      'access method ' || amname, 'options ' || reloptions::text,
      case when relispartition then 'partition ' || replace(replace(pg_get_expr(relpartbound, relation.oid), coalesce(lower_bound, ''), 'BEGIN'), coalesce(upper_bound, ''), 'END') end,
      case when relkind in ('v', 'm') then pg_get_viewdef(relation.oid) end,
      -- Flags by which a superuser can have passed by what is there. None of them is ever set so in honesty.
      case when not relhastriggers and exists (select from pg_trigger where tgrelid = relation.oid) then 'triggers ignored' end,
      case when not relhasindex and exists (select from pg_index where indrelid = relation.oid) then 'indexes ignored' end,
      case when not relhassubclass and exists (select from pg_inherits where inhparent = relation.oid) then 'partitions ignored' end,
      case when relchecks <> (select count(*) from pg_constraint where conrelid = relation.oid and contype = 'c') then 'checks ignored' end,
      case when exists (select from pg_inherits where inhrelid = relation.oid and inhdetachpending) then 'being detached' end,
      'sequence ' || nullif(concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle), '')),
    partition, null
  from relation left join pg_am on pg_am.oid = relam left join pg_sequence on seqrelid = relation.oid
  union all
  select 'owner of ' || shape || relation.label, who.label, partition, null from relation left join who on who.oid = relowner
  union all
  select 'persistence of ' || shape || label, relpersistence::text, partition, null from relation
  union all
  select 'row security of ' || shape || label, 'on', partition, null from relation where relrowsecurity or relforcerowsecurity
  union all
  select 'column ' || label || '.' || quote_ident(attname),
    concat_ws(', ', format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
      case when attcollation not in (0, 100) then 'collate ' || collname end, 'default ' || pg_get_expr(adbin, adrelid),
      case when attidentity <> '' then 'identity ' || attidentity::text end, case when attgenerated <> '' then 'generated ' || attgenerated::text end),
    partition, null
  from relation join pg_attribute on attrelid = relation.oid left join pg_attrdef on adrelid = relation.oid and adnum = attnum
  left join pg_collation on pg_collation.oid = attcollation
  where attnum > 0 and not attisdropped and relkind not in ('S', 'c')
  union all
  -- Not null is an attribute of the column, and in PostgreSQL 18 a constraint as well.
  select 'constraint ' || label || ': ' || replace(replace(pg_get_constraintdef(c.oid), coalesce(lower_bound, ''), 'BEGIN'), coalesce(upper_bound, ''), 'END'),
    case when convalidated then 'valid' else 'not valid' end, partition, quote_ident(conname)
  from relation join pg_constraint as c on conrelid = relation.oid where contype not in ('n', 't')
  union all
  select 'reference ' || label || ' from ' || conrelid::regclass, pg_get_constraintdef(c.oid), partition, quote_ident(conname)
  from relation join pg_constraint as c on confrelid = relation.oid
  union all
  select 'index ' || label || ': ' || case when indisunique then 'unique ' else '' end
      || substr(pg_get_indexdef(indexrelid), strpos(pg_get_indexdef(indexrelid), qualified || ' USING ') + length(qualified || ' USING ')),
    case when indisvalid and indisready and indislive then 'valid' else 'not valid' end, partition, indexrelid::regclass::text
  from relation join pg_index on indrelid = relation.oid
  union all
  select 'trigger ' || label || '.' || quote_ident(tgname),
    tgenabled::text || ' ' || replace(pg_get_triggerdef(t.oid), ' ON ' || qualified || ' ', ' ON ' || (select quoted from ours) || '.' || label || ' '), partition, quote_ident(tgname)
  from relation join pg_trigger as t on tgrelid = relation.oid where not tgisinternal or tgconstraint = 0
  union all
  select 'function ' || label, case when prokind in ('f', 'p', 'w') then pg_get_functiondef(oid) else 'aggregate' end, null, null from routine
  union all
  select 'owner of function ' || routine.label, who.label, null, null from routine left join who on who.oid = proowner
  union all
  select 'grant ' || lower(privilege_type) || ' on ' || object || ' to ' || coalesce(grantee_role.label, 'unknown'),
    'by ' || coalesce(grantor_role.label, 'unknown') || case when is_grantable and grantee <> grantor then ' with grant option' else '' end, partition, null
  from granted left join who as grantee_role on grantee_role.oid = grantee left join who as grantor_role on grantor_role.oid = grantor
  -- The right to maintain a table came with PostgreSQL 17; its owner has it.
  where not (privilege_type = 'MAINTAIN' and grantee_role.label = ':owner')
  union all
  select 'rule ' || label || '.' || quote_ident(rulename), ev_enabled::text || ' ' || pg_get_ruledef(pg_rewrite.oid), partition, quote_ident(rulename)
  from relation join pg_rewrite on ev_class = relation.oid where not (rulename = '_RETURN' and relkind in ('v', 'm'))
  union all
  select 'policy ' || label || '.' || quote_ident(polname), polcmd::text, partition, quote_ident(polname) from relation join pg_policy on polrelid = relation.oid
  union all
  select 'child ' || inhrelid::regclass || ' of ' || parent.label, case when child.relispartition then 'partition' else 'inherits' end, child.partition, inhrelid::regclass::text
  from relation as parent join pg_inherits on inhparent = parent.oid left join relation as child on child.oid = inhrelid
  where child.partition is null and child.relname is distinct from 'entry_default' or not child.relispartition
  union all
  select 'parent ' || inhparent::regclass || ' of ' || child.label, 'inherits', child.partition, inhparent::regclass::text
  from relation as child join pg_inherits on inhrelid = child.oid where not exists (select from relation as parent where parent.oid = inhparent)
  union all
  select 'publication ' || quote_ident(pubname), case when puballtables then 'all tables' else 'tables' end, null, quote_ident(pubname) from pg_publication as p
  where puballtables or exists (select from pg_publication_rel join relation on relation.oid = prrelid where prpubid = p.oid)
    or exists (select from pg_publication_namespace join ours on ours.oid = pnnspid where pnpubid = p.oid)
  union all
  select 'type ' || quote_ident(typname), typtype::text, null, null from ours join pg_type on typnamespace = ours.oid
  where typtype <> 'c' and typelem = 0
  union all
  select 'other ' || kind || ' ' || quote_ident(name), 'present', null, null from ours, lateral (
    select 'operator', oprname from pg_operator where oprnamespace = ours.oid
    union all select 'operator class', opcname from pg_opclass where opcnamespace = ours.oid
    union all select 'collation', collname from pg_collation where collnamespace = ours.oid
    union all select 'conversion', conname from pg_conversion where connamespace = ours.oid
    union all select 'text search', cfgname from pg_ts_config where cfgnamespace = ours.oid
    union all select 'statistics', stxname from pg_statistic_ext where stxnamespace = ours.oid
  ) as object (kind, name)
  union all
  select 'default grant ' || lower(privilege_type) || ' on ' || defaclobjtype::text || ' of ' || coalesce(owner_role.label, 'unknown') || ' to ' || coalesce(grantee_role.label, 'unknown'),
    case when defaclnamespace = 0 then 'everywhere' else 'in the schema' end, null, null
  from pg_default_acl left join who as owner_role on owner_role.oid = defaclrole, aclexplode(defaclacl) as acl
  left join who as grantee_role on grantee_role.oid = acl.grantee
  where owner_role.label = ':owner' or defaclnamespace = (select oid from ours)
  union all
  -- The built-in functions that the log rests on: a superuser can replace them behind functions of ours that look untouched.
  select 'built-in ' || p.oid::regprocedure, p.oid || ' ' || lanname || ' ' || prosrc, null, null
  from pg_proc as p join pg_language on pg_language.oid = prolang
  where pronamespace = 'pg_catalog'::regnamespace and proname in (
    'sha256', 'convert_to', 'encode', 'decode', 'clock_timestamp', 'to_char', 'timezone', 'date_part', 'to_hex', 'gen_random_uuid', 'concat', 'to_json',
    'nextval', 'pg_current_xact_id', 'pg_current_snapshot', 'pg_visible_in_snapshot', 'octet_length', 'textregexne', 'jsonb_each', 'jsonb_typeof',
    'format', 'substr', 'left', 'strpos', 'set_masklen', 'json_out', 'uuid_out', 'inet_out', 'byteaeq', 'byteane', 'int8eq', 'int8lt', 'int8ge',
    'timestamptz_eq', 'texteq', 'textne', 'xid8ge', 'pg_get_functiondef', 'pg_get_triggerdef', 'pg_get_constraintdef', 'aclexplode', 'session_user', 'current_user')
)
select subject, value, partition, name from fact
union all select 'name schema', quote_ident($1), null, null
union all select 'name ' || key, quote_ident(value), null, null from json_each_text($2)
