-- What is configured from the page Settings -> Audit Log: forwarders. docs/settings.md says what a setting holds.
--
-- Append-only like everything here: a setting is changed by a new row, the newest row of a name counts, and the old ones stay
-- to be read. Secrets are encrypted by the application under a key that the database never sees; what does not look like
-- that is refused. Each change is an entry of the log, written in the same transaction.

create table :"schema".setting (
  setting_id bigint primary key,
  name text collate "C" not null,
  -- {"kind": ..., "config": {...}, "paused": ...}; null when the forwarder was removed.
  value json,
  -- Name of each secret to its ciphertext.
  secrets json not null default '{}',
  changed_at timestamptz not null default clock_timestamp(),
  changed_by text not null default session_user
);
comment on table :"schema".setting is 'Forwarders as they were configured, newest row last: the highest setting_id of a name counts. Append-only.';
comment on column :"schema".setting.secrets is 'Ciphertexts of AES-256-GCM under a key of the host application.';
create index setting_name on :"schema".setting (name, setting_id);
select :"schema".guard(format('%I.setting', :'schema')::regclass);

-- The entry names the secrets that are stored, and which of them are new, and holds none of them.
create function :"schema".set_forwarder(
  forwarder text, before_id bigint, new_value json, new_secrets json default '{}', acting_user text default null, source_ip inet default null
) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  before :"schema".setting;
  made bigint;
  existed boolean;
  verb text;
begin
  -- Who decides where the log is sent could read it there: he must be allowed to read it here, in whatever role the session is.
  if not pg_has_role(session_user, :'reader', 'member') then
    raise exception 'changing a forwarder takes the reader role too' using errcode = 'insufficient_privilege';
  end if;
  select * into before from :"schema".setting as setting where setting.name = forwarder order by setting_id desc limit 1;
  existed := before.value is not null;
  if before.setting_id is distinct from before_id then
    perform :"schema".refuse('WO032', 'the setting was changed by somebody else');
  elsif forwarder is null or forwarder !~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$' then
    perform :"schema".refuse('WO031', 'a forwarder has a plain name');
  elsif new_value is null and not existed then
    perform :"schema".refuse('WO031', 'there is no such forwarder');
  elsif new_value is not null and (
      json_typeof(new_value) <> 'object' or coalesce(json_typeof(new_value -> 'kind'), '') <> 'string'
      or coalesce(json_typeof(new_value -> 'config'), '') <> 'object' or coalesce(json_typeof(new_value -> 'paused'), '') <> 'boolean'
      or octet_length(new_value::text) > 65536) then
    perform :"schema".refuse('WO031', 'a forwarder has a kind, a configuration, and is paused or not');
  elsif coalesce(json_typeof(new_secrets), '') <> 'object' or octet_length(new_secrets::text) > 65536 or exists (
      select from json_each_text(new_secrets) as secret
      where secret.value is null or secret.value !~ '^v1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22,}$') then
    perform :"schema".refuse('WO031', 'secrets are stored encrypted or not at all');
  end if;
  verb := case
    when new_value is null then 'removed'
    when not existed then 'added'
    when new_value ->> 'kind' = before.value ->> 'kind' and (new_value -> 'config')::jsonb = (before.value -> 'config')::jsonb
      and new_secrets::jsonb = before.secrets::jsonb and new_value ->> 'paused' <> before.value ->> 'paused'
      then case when (new_value ->> 'paused')::boolean then 'paused' else 'resumed' end
    else 'changed'
  end;
  select coalesce(max(setting_id), 0) + 1 into made from :"schema".setting;
  -- Whoever has not seen the newest row takes a number that is taken: each change is made on top of the one before.
  begin
    insert into :"schema".setting (setting_id, name, value, secrets)
    values (made, forwarder, new_value, case when new_value is null then '{}'::json else new_secrets end);
  exception when unique_violation then
    perform :"schema".refuse('WO032', 'a setting was changed by somebody else');
  end;
  insert into :"schema".entry (user_id, source_ip, action, target, details)
  values (acting_user, set_forwarder.source_ip, 'audit_log.forwarder.' || verb, 'forwarder:' || forwarder, json_build_object(
    'setting_id', made,
    'kind', new_value -> 'kind',
    'config', new_value -> 'config',
    'paused', new_value -> 'paused',
    'before', case when existed and verb in ('changed', 'removed') then json_build_object(
      'kind', before.value -> 'kind', 'config', before.value -> 'config', 'paused', before.value -> 'paused') end,
    'secrets', (select coalesce(json_agg(key order by key), '[]') from json_object_keys(new_secrets) as key where new_value is not null),
    'secrets_changed', (select coalesce(json_agg(secret.key order by secret.key), '[]') from json_each_text(new_secrets) as secret
      where new_value is not null and secret.value is distinct from (coalesce(before.secrets, '{}') ->> secret.key))));
  return made;
end
$function$;
comment on function :"schema".set_forwarder(text, bigint, json, json, text, inet) is 'Adds, changes, pauses or removes a forwarder, on top of the setting that the caller has seen; returns the new setting_id.';

revoke execute on function :"schema".set_forwarder(text, bigint, json, json, text, inet)
  from public;
grant select on :"schema".setting to :"reader", :"sequencer", :"archivist";
grant execute on function :"schema".set_forwarder(text, bigint, json, json, text, inet) to :"writer";
