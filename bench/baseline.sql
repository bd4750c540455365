-- What the log is compared with. Each table has the columns of an entry and the same four list indexes.
create schema bench;

-- The baseline: nothing is protected, hashed or numbered but by the identity.
create table bench.plain (
  seq bigint generated always as identity,
  id uuid not null default gen_random_uuid(),
  timestamp timestamptz not null default clock_timestamp(),
  tenant_id text collate "C", user_id text collate "C", action text collate "C" not null, target text collate "C",
  source_ip inet, outcome text collate "C" not null default 'success', details json not null default '{}',
  recorded_by text collate "C" not null default session_user,
  primary key (timestamp, seq)
);
create index on bench.plain (action, timestamp, seq);
create index on bench.plain (user_id, timestamp, seq);
create index on bench.plain (tenant_id, timestamp, seq) where tenant_id is not null;

-- A hash chain: each row hashes the one before it, so a lock lets one writer in at a time until it commits.
create table bench.chain (like bench.plain including all, previous bytea, entry_hash bytea);
create table bench.chain_head (one boolean primary key default true, hash bytea not null);
insert into bench.chain_head (hash) values ('\x00');
create function bench.link() returns trigger language plpgsql as $$
begin
  select hash into new.previous from bench.chain_head for update;
  new.entry_hash := sha256(new.previous || convert_to(row_to_json(new)::text, 'UTF8'));
  update bench.chain_head set hash = new.entry_hash;
  return new;
end $$;
create trigger link before insert on bench.chain for each row execute function bench.link();

-- supa_audit's way: a trigger that copies the row into a log as jsonb.
create table bench.copied (like bench.plain including all);
create table bench.record_version (
  id bigint generated always as identity primary key, record_id uuid, op text not null, ts timestamptz not null default now(),
  table_oid oid not null, table_schema name not null, table_name name not null, record jsonb, auth_uid uuid, auth_role text
);
create index on bench.record_version (record_id) where record_id is not null;
create index on bench.record_version using brin (ts);
create index on bench.record_version (table_oid);
create function bench.copy_row() returns trigger language plpgsql security definer as $$
begin
  insert into bench.record_version (record_id, op, table_oid, table_schema, table_name, record, auth_role)
  values (md5(tg_relid::text || new.seq::text)::uuid, tg_op, tg_relid, tg_table_schema, tg_table_name, to_jsonb(new), current_user);
  return new;
end $$;
create trigger copy_row after insert on bench.copied for each row execute function bench.copy_row();

-- Details as jsonb, made canonical in the database for every row before it is hashed.
create table bench.canonicalised (like bench.plain including all, entry_hash bytea);
alter table bench.canonicalised alter column details drop default, alter column details type jsonb using details::jsonb;
create function bench.hash_canonical() returns trigger language plpgsql as $$
begin
  new.entry_hash := sha256(convert_to(audit_log.canonical_json(to_jsonb(new) - 'entry_hash'), 'UTF8'));
  return new;
end $$;
create trigger hash_canonical before insert on bench.canonicalised for each row execute function bench.hash_canonical();
