import { expect, it } from 'vitest'
import { startFakeElastic } from '../../support/fake-elastic.ts'
import { startFakeSplunk } from '../../support/fake-splunk.ts'
import { killForwarding } from '../../support/kill-forwarding.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

// What costs most here is starting processes, so one version of PostgreSQL must do; AUDIT_LOG_KILL_ENTRIES=100000 runs it at length.

const entries = Number(process.env['AUDIT_LOG_KILL_ENTRIES'] ?? 5000)
const log = await sequencedLog()
const {
  rows: [server],
} = await log.admin.query<{ major: number }>(`select current_setting('server_version_num')::integer / 10000 as major`)
const isNewest = server!.major >= 18
if (isNewest) await log.grow(entries)

it.runIf(isNewest)(
  'G1 kill -9 at random points of a transfer to Splunk loses nothing, and copies are the same',
  async () => {
    const fake = await startFakeSplunk()
    const leaves = new Map<string, Set<string>>()
    let seen = 0
    const look = (): number => {
      for (; seen < fake.events.length; seen += 1) {
        const { fields, text } = fake.events[seen]!
        const leaf = fields['leaf_index'] as string | undefined
        if (leaf !== undefined) leaves.set(leaf, (leaves.get(leaf) ?? new Set()).add(text))
      }
      return leaves.size
    }
    const killed = await killForwarding({
      databaseUrl: log.sequencerUrl,
      name: 'killed-splunk',
      sink: { kind: 'splunk', url: fake.url, token: fake.token, index: 'audit', maxBatchBytes: 100_000 },
      entries,
      kills: 2,
      count: () => fake.events.length,
      isComplete: () => look() === entries,
    })
    expect(killed).toBeGreaterThan(0)
    expect(leaves.size).toBe(entries)
    expect([...leaves.values()].every((texts) => texts.size === 1)).toBe(true)
    await fake.stop()
  },
)

it.runIf(isNewest)(
  'G1 kill -9 at random points of a transfer to Elastic loses nothing and makes no copies',
  async () => {
    const fake = await startFakeElastic()
    const leaves = new Set<number>()
    let seen = 0
    const look = (): number => {
      for (; seen < fake.documents.length; seen += 1) {
        const { leaf_index: leaf } = fake.documents[seen]!.source['audit_log'] as { leaf_index?: number }
        if (leaf !== undefined) leaves.add(leaf)
      }
      return leaves.size
    }
    const killed = await killForwarding({
      databaseUrl: log.sequencerUrl,
      name: 'killed-elastic',
      sink: { kind: 'elastic', url: fake.url, apiKey: fake.apiKey, maxBatchBytes: 200_000 },
      entries,
      kills: 1,
      count: () => fake.documents.length,
      isComplete: () => look() === entries,
    })
    expect(killed).toBeGreaterThan(0)
    expect(leaves.size).toBe(entries)
    const documents = fake.documents.filter(
      ({ source }) => (source['audit_log'] as { leaf_index?: number }).leaf_index !== undefined,
    )
    expect(documents.length).toBe(entries)
    await fake.stop()
  },
)
