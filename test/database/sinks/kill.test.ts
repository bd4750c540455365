import { expect, it } from 'vitest'
import { killForwarding } from '../../support/kill-forwarding.ts'
import { killReceivers } from '../../support/kill-receivers.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'
import { unique } from '../../support/unique.ts'

// What costs most here is starting processes, so one version of PostgreSQL must do; AUDIT_LOG_KILL_ENTRIES=100000 runs it at
// length, and on every version.

const given = process.env['AUDIT_LOG_KILL_ENTRIES']
const entries = Number(given ?? 3000)
const log = await sequencedLog()
const {
  rows: [server],
} = await log.admin.query<{ major: number }>(`select current_setting('server_version_num')::integer / 10000 as major`)
const runs = given !== undefined || server!.major >= 18
if (runs) await log.grow(entries)

/** The leaf that an event is about, in whatever form; undefined for a checkpoint. */
const leafOf = (text: string): string | undefined => /(?:leaf_index|LeafIndex|auditLeaf)"?[:=]"?(\d+)/.exec(text)?.[1]

it.runIf(runs).each(Object.keys(killReceivers))(
  'G1 kill -9 at random points of a transfer loses nothing, and copies carry the same identity: %s',
  async (kind) => {
    const receiver = await killReceivers[kind]!()
    const leaves = new Map<string, Set<string>>()
    let events = 0
    let seen = 0
    const look = (): number => {
      for (const count = receiver.count(); seen < count; seen += 1) {
        const text = receiver.text(seen)
        const leaf = leafOf(text)
        if (leaf === undefined) continue
        events += 1
        leaves.set(leaf, (leaves.get(leaf) ?? new Set()).add(text))
      }
      return leaves.size
    }
    const killed = await killForwarding({
      databaseUrl: log.sequencerUrl,
      name: unique('killed'),
      sink: receiver.sink,
      entries,
      kills: entries > 10_000 ? 5 : 1,
      count: () => receiver.count(),
      isComplete: () => look() === entries,
    })
    if (entries > 10_000) {
      process.stdout.write(`${kind}: ${entries} entries, ${killed} kills, ${events - entries} copies\n`)
    }
    expect(killed).toBeGreaterThan(0)
    expect(leaves.size).toBe(entries)
    // A syslog header and a row of HEC are the same each time too: the bytes depend on the entry alone.
    expect([...leaves.values()].every((texts) => texts.size === 1)).toBe(true)
    // Elasticsearch itself takes an id once.
    if (kind === 'Elastic') expect(events).toBe(entries)
    await receiver.stop()
  },
)
