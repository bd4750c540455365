-- RFC 8785 (JSON Canonicalization Scheme) in SQL, for writers that are not the SDK.
--
-- The SDK sends details that are canonical already; what anybody else sends goes through canonical_details(), so that
-- the stored text, and with it the hash, is what every verifier computes. What cannot be kept as it is gets a visible
-- marker instead of an error: an event must not be lost because of its content. docs/format.md lists the markers.

-- What a value is replaced by when it cannot be kept: its size and SHA-256 stay.
create function :"schema".cut_marker(cut text) returns text
  language sql stable parallel safe
  return '[cut: ' || octet_length(cut) || ' bytes, sha256 ' || encode(sha256(convert_to(cut, 'UTF8')), 'hex') || ']';
comment on function :"schema".cut_marker(text) is 'The visible marker for something that was cut: its size in bytes and its SHA-256.';

-- ES6 Number::toString of a number, as RFC 8785 section 3.2.2.3 wants it. A number that a double cannot hold (an integer
-- that would change, more than 17 significant digits, a magnitude out of range) becomes a string of its exact digits, and
-- one with more digits than anybody reads the marker for them.
--
-- Not parallel safe, like its callers: a block with an exception handler is a subtransaction.
create function :"schema".canonical_number(n numeric) returns text
  language plpgsql immutable strict
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  plain text := trim_scale(n)::text;
  f double precision;
  parts text[];
  digits text;
  k integer;               -- how many digits there are
  point integer;           -- the value is 0.digits * 10^point
  lower_try numeric;       -- the two decimals that are one digit shorter
  upper_try numeric;
  lower_fits boolean;
  upper_fits boolean;
  rounded double precision;
begin
  if length(plain) <= 15 and (n = 0 or abs(n) >= 0.000001) then
    return plain;          -- at most 15 digits: a double prints them back unchanged
  elsif length(plain) > 1024 then
    return '"' || :"schema".cut_marker(plain) || '"';
  end if;
  begin
    f := abs(n)::double precision;
  exception when numeric_value_out_of_range then
    return '"' || plain || '"';
  end;

  -- float8out gives the shortest digits that read back, but never a decimal exactly half-way between two doubles,
  -- which ES6 does: try one digit fewer until it no longer reads back.
  parts := regexp_match(f::text, '^([0-9]+)(?:[.]([0-9]+))?(?:e([+-][0-9]+))?$');
  digits := parts[1] || coalesce(parts[2], '');
  point := length(parts[1]) + coalesce(parts[3], '0')::integer;
  point := point - (length(digits) - length(ltrim(digits, '0')));
  digits := rtrim(ltrim(digits, '0'), '0');
  k := length(digits);
  while k > 1 and (k > 15 or f < 1e-290) loop
    lower_try := left(digits, k - 1)::numeric;
    upper_try := lower_try + 1;
    lower_fits := (lower_try::text || 'e' || (point - k + 1))::double precision = f;
    begin
      rounded := (upper_try::text || 'e' || (point - k + 1))::double precision;
    exception when numeric_value_out_of_range then
      rounded := 'Infinity';
    end;
    upper_fits := rounded = f;
    exit when not (lower_fits or upper_fits);
    if lower_fits and upper_fits then
      upper_fits := right(digits, 1)::integer > 5 or (right(digits, 1) = '5' and mod(lower_try, 2) = 1);
    end if;
    if upper_fits then
      digits := upper_try::text;
      point := point + (length(digits) - (k - 1));
    else
      digits := lower_try::text;
    end if;
    digits := rtrim(digits, '0');
    k := length(digits);
  end loop;

  if (digits || 'e' || (point - k))::numeric <> abs(n) then
    if n = trunc(n) then
      if abs(n) > 9223372036854774784 or f::bigint <> abs(n) then
        return '"' || plain || '"';
      end if;
    elsif length(ltrim(replace(replace(plain, '.', ''), '-', ''), '0')) > 17 then
      return '"' || plain || '"';
    end if;
  end if;
  return case when n < 0 then '-' else '' end || case
    when k <= point and point <= 21 then digits || repeat('0', point - k)
    when 0 < point and point <= 21 then left(digits, point) || '.' || substr(digits, point + 1)
    when -6 < point and point <= 0 then '0.' || repeat('0', -point) || digits
    else left(digits, 1) || case when k > 1 then '.' || substr(digits, 2) else '' end
      || 'e' || case when point > 0 then '+' else '-' end || abs(point - 1)::text
  end;
end
$function$;
comment on function :"schema".canonical_number(numeric) is 'A number in the form of RFC 8785 section 3.2.2.3.';

-- A text that is too long: its first 128 characters stay.
create function :"schema".cut_text(long text) returns text
  language sql stable parallel safe
  return left(long, 128) || chr(8230) || :"schema".cut_marker(long);
comment on function :"schema".cut_text(text) is 'The first 128 characters of a text, an ellipsis and the marker for the whole of it.';

-- The canonical text of a value. Objects are ordered by the UTF-16 code units of their keys: with U+D7FF put before each
-- character beyond the BMP, that is the order of the bytes. What nests deeper than `levels` is cut; -1 is without limit.
create function :"schema".canonical_json(j jsonb, levels integer default 32) returns text
  language plpgsql immutable strict
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  kind text := jsonb_typeof(j);
begin
  if kind in ('object', 'array') and levels = 0 then
    return to_json(:"schema".cut_marker(:"schema".canonical_json(j, -1)))::text;
  end if;
  case kind
    when 'object' then
      return '{' || array_to_string(array(
        select to_json(member.key)::text || ':' || :"schema".canonical_json(member.value, levels - 1)
        from jsonb_each(j) as member
        order by (case
          when octet_length(member.key) = length(member.key) then member.key
          else regexp_replace(member.key, '([\U00010000-\U0010FFFF])', U&'\D7FF' || '\1', 'g')
        end) collate "C"
      ), ',') || '}';
    when 'array' then
      return '[' || array_to_string(array(
        select :"schema".canonical_json(element.value, levels - 1)
        from jsonb_array_elements(j) with ordinality as element (value, place)
        order by element.place
      ), ',') || ']';
    when 'number' then
      return :"schema".canonical_number(j::numeric);
    else
      return j::text;      -- PostgreSQL escapes strings exactly as RFC 8785 section 3.2.2.2 wants
  end case;
end
$function$;
comment on function :"schema".canonical_json(jsonb, integer) is 'The canonical text (RFC 8785) of a JSON value.';

-- The details of an event as they are stored: canonical, at most 64 KiB, at most 32 levels.
create function :"schema".canonical_details(details json) returns json
  language plpgsql immutable strict
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  source text := details::text;
  value jsonb;
  result text;
begin
  -- jsonb knows neither U+0000 nor lone surrogates, which JSON text can spell: they become U+FFFD. While that is done,
  -- U+0001, which JSON text cannot contain, stands for an escaped backslash.
  if strpos(source, '\u') > 0 then
    source := replace(source, '\\', chr(1));
    source := replace(source, '\u0000', chr(65533));
    source := regexp_replace(source, '\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2})', chr(65533), 'gi');
    source := regexp_replace(source, '(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}', chr(65533), 'gi');
    source := replace(source, chr(1), '\\');
  end if;
  value := source::jsonb;
  if jsonb_typeof(value) <> 'object' then
    return details;        -- entry_fault() refuses it
  end if;
  result := :"schema".canonical_json(value);
  if octet_length(result) > 65536 then
    source := result;
    result := :"schema".canonical_json((
      select jsonb_object_agg(member.key, case
        when octet_length(member.text) <= 1024 then member.value
        when jsonb_typeof(member.value) = 'string' then to_jsonb(:"schema".cut_text(member.value #>> '{}'))
        else to_jsonb(:"schema".cut_marker(member.text))
      end)
      from (select key, jsonb_each.value, :"schema".canonical_json(jsonb_each.value, 31) as text from jsonb_each(value)) as member
    ));
    if octet_length(result) > 65536 then
      result := '{"[cut]":' || to_json(:"schema".cut_marker(source))::text || '}';
    end if;
  end if;
  return result;
exception when data_exception or program_limit_exceeded then
  -- It nests deeper than the stack, or has a number or a text that PostgreSQL has no type for. Nobody can suppress an event
  -- by that: the text as it was sent leaves its marker.
  return '{"[cut]":' || to_json(:"schema".cut_marker(details::text))::text || '}';
end
$function$;
comment on function :"schema".canonical_details(json) is 'Details as they are stored: canonical (RFC 8785), at most 64 KiB and 32 levels; what cannot be kept is replaced by a visible marker.';

revoke execute on function
  :"schema".canonical_number(numeric), :"schema".cut_marker(text), :"schema".cut_text(text),
  :"schema".canonical_json(jsonb, integer), :"schema".canonical_details(json)
  from public;
