import type { EntryContent } from '../canonical/entry.ts'
import type { Executor } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'
import { formatTime, joinTimes, timeAt } from './binary-time.ts'
import { joinColumn, JoinedColumn } from './joined-column.ts'

/** The members of a hash preimage, each as its canonical JSON text. */
export type EntryMembers = Readonly<Record<keyof EntryContent, string>>

/** The hash preimage. */
export function formatMembers(members: EntryMembers): string {
  return (
    `{"action":${members.action},"details":${members.details},"id":${members.id},"outcome":${members.outcome}` +
    `,"recorded_by":${members.recorded_by},"seq":${members.seq},"source_ip":${members.source_ip}` +
    `,"target":${members.target},"tenant_id":${members.tenant_id},"timestamp":${members.timestamp}` +
    `,"user_id":${members.user_id},"version":${members.version}}`
  )
}

/** Where entries lie in the index of the primary key. Times are as `joinTimes` has them; the last ones are included. */
export interface EntryRange {
  readonly firstTime: string
  readonly lastTime: string
  readonly firstSeq: string
  readonly lastSeq: string
}

/**
 * Entries of a range, each column joined to one text: PostgreSQL and the driver handle a few large values several times
 * faster than many small ones, and the preimage is put together only where it is wanted.
 */
export class EntryColumns {
  readonly #columns: Columns
  readonly #ids: string
  readonly #times: string
  readonly #count: number
  /** Characters of a preimage, about. */
  readonly averageLength: number
  #next = 0
  /** Where an entry is, by its number; made when entries are asked for in another order than they are there. */
  #places: ReadonlyMap<string, number> | undefined

  private constructor(columns: Columns, ids: string, times: string, count: number) {
    this.#columns = columns
    this.#ids = ids
    this.#times = times
    this.#count = count
    const characters = Object.values(columns).reduce((sum, { text }) => sum + text.length, 0)
    this.averageLength = Math.round(characters / count) + 250
  }

  /**
   * Reads entries.
   *
   * @param limit how many at most; which ones is not determined when there are more
   * @returns undefined when one of them is not as the log writes entries, or could be understood in two ways
   */
  static async read(
    executor: Executor,
    schema: string,
    { firstTime, lastTime, firstSeq, lastSeq }: EntryRange,
    limit: number,
  ): Promise<EntryColumns | undefined> {
    const [row = {}] = await executor.run(
      `select count(*)::int as count, count(*) filter (where '' in (target, tenant_id, user_id))::int as empty,
         string_agg(id::text, '') as ids, ${joinTimes('timestamp')} as times, ${joined}
       from (
         select * from ${quoteIdentifier(schema)}.entry
         where timestamp between $1::timestamptz and $2::timestamptz and seq between $3 and $4 limit $5
       ) as entry`,
      [formatTime(firstTime), formatTime(lastTime), firstSeq, lastSeq, limit],
    )
    const count = Number(row['count'])
    // Null looks like an empty text, which clients other than the SDK may have written.
    if (row['empty'] !== 0) return undefined
    const columns = {} as Record<ColumnName, JoinedColumn>
    for (const name of columnNames) {
      const column = JoinedColumn.of(row[name], count)
      if (column === undefined) return undefined
      columns[name] = column
    }
    return isUsual(columns) ? new EntryColumns(columns, String(row['ids']), String(row['times']), count) : undefined
  }

  /** An entry; undefined when it is not there. */
  find(seq: string, time: string): PlacedEntry | undefined {
    const { seq: seqs } = this.#columns
    const next = this.#next
    const place = next < this.#count && seqs.at(next) === seq ? next : this.#placeOf(seq)
    if (place === undefined || timeAt(this.#times, place) !== time) return undefined
    this.#next = place + 1
    return new PlacedEntry(this, place)
  }

  /** The members of the entry at a place. */
  members(place: number): EntryMembers {
    const { action, details, outcome, recorded_by, seq, source_ip, target, tenant_id, user_id } = this.#columns
    return {
      action: action.quoted(place),
      details: details.at(place),
      id: `"${this.#ids.slice(place * 36, place * 36 + 36)}"`,
      outcome: outcome.quoted(place),
      recorded_by: recorded_by.quoted(place),
      seq: seq.at(place),
      source_ip: source_ip.quotedOrNull(place),
      target: target.quotedOrNull(place),
      tenant_id: tenant_id.quotedOrNull(place),
      timestamp: `"${formatTime(timeAt(this.#times, place))}"`,
      user_id: user_id.quotedOrNull(place),
      version: '1',
    }
  }

  #placeOf(seq: string): number | undefined {
    const { seq: seqs } = this.#columns
    this.#places ??= new Map(Array.from({ length: this.#count }, (_, place) => [seqs.at(place), place]))
    return this.#places.get(seq)
  }
}

const columnTexts = {
  action: 'action',
  details: 'details::text',
  outcome: 'outcome',
  recorded_by: 'recorded_by',
  seq: 'seq::text',
  // With the mask that an altered row may have, as in the preimage.
  source_ip: 'pg_catalog.concat(source_ip)',
  target: 'target',
  tenant_id: 'tenant_id',
  user_id: 'user_id',
}
type ColumnName = keyof typeof columnTexts
type Columns = Readonly<Record<ColumnName, JoinedColumn>>
const columnNames = Object.keys(columnTexts) as ColumnName[]
const joined = columnNames.map((name) => `${joinColumn(columnTexts[name])} as ${name}`).join(', ')

/** Whether all of what stands in the preimage without being quoted by PostgreSQL is as the log writes it. */
function isUsual({ action, details, outcome }: Columns): boolean {
  return (
    action.isPlain &&
    // oxlint-disable-next-line no-control-regex -- canonical JSON has none
    !/[\u0000-\u001e]/.test(details.text) &&
    outcome.every((name) => outcomes.has(name))
  )
}

const outcomes: ReadonlySet<string> = new Set(['success', 'failure', 'denied'])

/** An entry that was read with others. */
export class PlacedEntry {
  readonly #columns: EntryColumns
  readonly #place: number

  constructor(columns: EntryColumns, place: number) {
    this.#columns = columns
    this.#place = place
  }

  /** Characters of the preimage, about. */
  get length(): number {
    return this.#columns.averageLength
  }

  /** Made anew each time: kept, they would cost the garbage collector more than that. */
  get members(): EntryMembers {
    return this.#columns.members(this.#place)
  }

  /** The hash preimage. */
  get line(): string {
    return formatMembers(this.members)
  }
}
