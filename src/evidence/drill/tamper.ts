/** Tables that an attack who rewrites the log has to open. */
const tables = ['entry', 'leaf', 'checkpoint', 'tile']
const each = (statement: (table: string) => string): string => tables.map(statement).join('; ')

/** Switches the guards off and takes the rights to change. */
export const off: string = each(
  (table) => `alter table {s}.${table} disable trigger user; grant update, delete on {s}.${table} to {owner}`,
)

/** Puts back everything that {@link off} changed, as it was. */
export const on: string = [
  each((table) => `alter table {s}.${table} enable always trigger refuse_change`),
  each((table) => `alter table {s}.${table} enable always trigger refuse_row_change`),
  `alter table {s}.entry enable always trigger stamp_entry`,
  each((table) => `revoke update, delete on {s}.${table} from {owner}`),
].join('; ')

/** Statements with the guards off, which are on again afterwards. */
export const guarded = (statements: string): string => `${off}; ${statements}; ${on}`

/** Gives every entry the hash that its content has now. */
export const rehash =
  "update {s}.entry set entry_hash = sha256(convert_to({s}.entry_line(entry), 'UTF8')) where entry_hash <> sha256(convert_to({s}.entry_line(entry), 'UTF8'))"
