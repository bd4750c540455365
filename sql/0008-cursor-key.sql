-- The key that authenticates the cursors of the REST API. It is kept from HTTP clients, not from those who may read the log:
-- a cursor is only a position, and whoever has a login in the reader role can read everything anyway. Kept here, all
-- processes of a host share it without being told.

create table :"schema".cursor_key (
  only_row boolean primary key default true,
  key bytea not null,
  constraint one_row check (only_row),
  -- 244 random bits, from the one source of them that needs no extension.
  constraint key_is_long check (octet_length(key) = 32)
);
comment on table :"schema".cursor_key is 'The key with which the REST API authenticates its cursors.';
insert into :"schema".cursor_key (key) values (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

select :"schema".guard(format('%I.cursor_key', :'schema')::regclass);
revoke insert on :"schema".cursor_key from current_user;
grant select on :"schema".cursor_key to :"reader";
