/**
 * What somebody who may create objects in the schema public can put there: functions and operators with the names of built-in
 * ones that fit a call better, for being exact where PostgreSQL's own take any type or convert one. Whoever runs into one gets an error.
 */
export const overloads = `
set local search_path = pg_catalog;
do $do$
declare
  types constant text[] := array['smallint', 'integer', 'bigint', 'numeric', 'double precision', 'text', 'name', 'boolean', 'bytea', 'json',
    'jsonb', 'uuid', 'inet', 'timestamptz', 'timestamp', 'date', 'interval', 'oid', 'regclass', 'xid8'];
  body constant text := $body$language plpgsql as $f$begin raise exception 'hijacked: %%' using errcode = 'HJ000'; end$f$$body$;
  x text;
  y text;
  name text;
begin
  foreach x in array types loop
    foreach name in array array['to_json', 'to_jsonb', 'row_to_json', 'concat', 'unnest', 'length', 'octet_length', 'to_char', 'pg_total_relation_size', 'abs', 'round'] loop
      execute format('create function public.%I(%s) returns text %s', name, x, replace(body, '%%', name || ' of ' || x));
    end loop;
    execute format('create function public.fold(text, %s) returns text %s', x, replace(body, '%%', 'aggregate of ' || x));
    execute format('create function public.fold(text, %s, text) returns text %s', x, replace(body, '%%', 'aggregate of ' || x));
    foreach name in array array['count', 'array_agg', 'json_agg', 'jsonb_agg', 'lag'] loop
      execute format('create aggregate public.%I(%s) (sfunc = public.fold, stype = text)', name, x);
    end loop;
    execute format('create aggregate public.string_agg(%s, text) (sfunc = public.fold, stype = text)', x);
    foreach y in array types loop
      foreach name in array array['format', 'concat', 'concat_ws', 'to_char', 'has_any_column_privilege', 'date_trunc', 'substr', 'round', 'left', 'hashtextextended'] loop
        execute format('create function public.%I(%s, %s) returns text %s', name, x, y, replace(body, '%%', name || ' of ' || x || ', ' || y));
      end loop;
      foreach name in array array['=', '<>', '<', '>', '<=', '>=', '||', '->', '->>', '@>', '~', '-', '+', '*'] loop
        execute format('create function public.%I(%s, %s) returns boolean %s', 'as ' || name, x, y, replace(body, '%%', x || ' ' || name || ' ' || y));
        execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = public.%I)', name, x, y, 'as ' || name);
      end loop;
    end loop;
  end loop;
  for name, x in values ('json_to_recordset', 'text'), ('json_array_elements_text', 'text'), ('json_each_text', 'text') loop
    execute format('create function public.%I(%s) returns setof record %s', name, x, replace(body, '%%', name));
  end loop;
  for name, x in values ('concat_ws', 'text, bigint, oid, oid'), ('format', 'text, text, text'), ('format', 'text, name, name'), ('format', 'text, text, text, uuid'),
    ('concat', 'uuid, text, text, bigint, text, text'), ('json_build_object', 'text, text, text, json'),
    ('json_build_object', 'text, text, text, numeric, text, numeric, text, numeric') loop
    execute format('create function public.%I(%s) returns text %s', name, x, replace(body, '%%', name || ' of ' || x));
  end loop;
end
$do$;
reset search_path;
`
