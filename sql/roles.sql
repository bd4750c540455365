-- The five group roles and the schema. Run by whoever installs, before the numbered files, which the owner role runs.
-- Not numbered: it is repeated at will and changes nothing that is there already.
do $do$
declare
  role_name text;
begin
  if current_setting('server_version_num')::integer < 150000 then
    raise exception 'the audit log needs PostgreSQL 15 or newer' using errcode = 'WO010';
  end if;
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'the audit log needs a database with encoding UTF8, this one has %', current_setting('server_encoding') using errcode = 'WO011';
  end if;
  foreach role_name in array array[:'owner', :'writer', :'reader', :'sequencer', :'archivist'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      execute format('create role %I nologin', role_name);
    elsif exists (select from pg_catalog.pg_roles where rolname = role_name
        and (rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)) then
      raise exception 'role % exists and is no plain group role (NOLOGIN, no attributes)', role_name using errcode = 'WO012';
    end if;
  end loop;
  -- Only a superuser may act as the owner without being a member; the membership ends when the installation does.
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    execute format('grant %I to %I', :'owner', current_user)
      || case when current_setting('server_version_num')::integer >= 160000 then ' with inherit false, set true' else '' end;
  end if;
  if not exists (select from pg_catalog.pg_namespace where nspname = :'schema') then
    -- Whoever made the owner role beforehand must not have kept a way into it; the right to grant it is one.
    if exists (select from pg_catalog.pg_auth_members as membership join pg_catalog.pg_roles as member on member.oid = membership.member
        where membership.roleid = (select oid from pg_catalog.pg_roles where rolname = :'owner') and member.rolname <> current_user
          and not member.rolsuper) then
      raise exception 'role % has members', :'owner' using errcode = 'WO014';
    end if;
    -- Nor rights on what the owner is going to make, or rights of the group roles elsewhere.
    if exists (select from pg_catalog.pg_default_acl, pg_catalog.aclexplode(defaclacl) as acl
        where defaclrole = (select oid from pg_catalog.pg_roles where rolname = :'owner') and acl.grantee <> defaclrole) then
      raise exception 'role % gives rights on all that it makes to others', :'owner' using errcode = 'WO014';
    end if;
    if exists (select from pg_catalog.pg_auth_members join pg_catalog.pg_roles as granted on granted.oid = roleid
        where member in (select oid from pg_catalog.pg_roles where rolname in (:'owner', :'writer', :'reader', :'sequencer', :'archivist'))
          and granted.rolname ~ '^pg_') then
      raise exception 'one of the group roles is a member of a predefined role' using errcode = 'WO014';
    end if;
    execute format('create schema %I authorization %I', :'schema', :'owner');
  elsif (select nspowner from pg_catalog.pg_namespace where nspname = :'schema') <> (select oid from pg_catalog.pg_roles where rolname = :'owner') then
    raise exception 'schema % exists and belongs to somebody else', :'schema' using errcode = 'WO013';
  end if;
end
$do$;
