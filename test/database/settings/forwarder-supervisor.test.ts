import { expect, it } from 'vitest'
import { ForwarderSupervisor, type ForwarderSupervisorOptions } from '../../../src/settings/index.ts'
import { type FakeSplunk, startFakeSplunk } from '../../support/fake-splunk.ts'
import { settingsLog } from '../../support/settings-log.ts'
import { unique } from '../../support/unique.ts'
import { until } from '../../support/until.ts'

const log = await settingsLog()
await log.grow(300)

const supervise = (options: Partial<ForwarderSupervisorOptions> = {}): ForwarderSupervisor => {
  const supervisor = new ForwarderSupervisor({
    db: log.sequencerPool,
    settingsKey: log.settingsKey,
    pollMs: 50,
    forwarder: { intervalMs: 20, leaseMs: 500, checkpointIntervalMs: 0 },
    ...options,
  })
  supervisor.start()
  return supervisor
}
const draftFor = (fake: FakeSplunk, index = 'audit') => ({
  kind: 'splunk',
  config: { url: fake.url, index },
  secrets: { token: fake.token },
})
const leavesOf = (fake: FakeSplunk): Set<number> =>
  new Set(fake.events.flatMap(({ fields }) => (fields['leaf_index'] === undefined ? [] : Number(fields['leaf_index']))))
const treeSize = async (): Promise<number> => {
  const { rows } = await log.admin.query<{ size: string }>('select tree_size as size from audit_log.sequencer_state')
  return Number(rows[0]?.size)
}
/** Every leaf up to the newest has arrived. */
const drained = async (fake: FakeSplunk): Promise<void> => {
  const size = await treeSize()
  await until(() => leavesOf(fake).size >= size)
  expect([...leavesOf(fake)].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index))
}

it('drains into a Splunk that is added through the API, without a restart, and goes on after pause, resume and edit', async () => {
  const fake = await startFakeSplunk({ indexes: ['audit', 'other'] })
  const name = unique('live')
  const path = `/forwarders/${name}`
  const supervisor = supervise()
  const isWorking = (): boolean => supervisor.status().some((status) => status.name === name)
  expect(supervisor.status()).toEqual([])
  expect((await log.ask('PUT', path, draftFor(fake))).status).toBe(200)
  await drained(fake)
  await expect
    .poll(async () => (await log.ask('GET', '/forwarders')).body.forwarders)
    .toContainEqual(expect.objectContaining({ name, behind: 0, problem: null, dead_lettered: 0 }))

  await log.ask('POST', `${path}/pause`)
  await until(() => !isWorking())
  const before = fake.events.length
  await log.grow(50)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(fake.events).toHaveLength(before)
  await log.ask('POST', `${path}/resume`)
  await drained(fake)

  await log.ask('PUT', path, { kind: 'splunk', config: { url: fake.url, index: 'other' } })
  await until(async () => {
    await log.grow(1)
    return fake.events.some(({ text }) => text.includes('"index":"other"'))
  })
  await drained(fake)

  await log.ask('DELETE', path)
  await until(() => !isWorking())
  await log.ask('PUT', path, draftFor(fake))
  await log.grow(20)
  await drained(fake)
  await supervisor.stop()
  await fake.stop()
})

it('leaves one forwarder at work when two processes supervise, and the other takes over', async () => {
  const fake = await startFakeSplunk()
  const name = unique('twice')
  // On a busy machine a process may be late by more than a short lease, and the other one would send the same.
  const forwarder = { intervalMs: 20, leaseMs: 3000, checkpointIntervalMs: 0 }
  const [first, second] = [supervise({ forwarder }), supervise({ forwarder })]
  await log.ask('PUT', `/forwarders/${name}`, draftFor(fake))
  await drained(fake)
  const statesOf = (supervisor: ForwarderSupervisor): string | undefined =>
    supervisor.status().find((status) => status.name === name)?.state
  await until(
    () =>
      new Set([statesOf(first), statesOf(second)]).size === 2 &&
      [first, second].every((one) => statesOf(one) !== undefined),
  )
  await until(() => [first, second].some((one) => statesOf(one) === 'running'))
  const [working, waiting] = statesOf(first) === 'running' ? [first, second] : [second, first]
  await working.stop()
  await until(() => statesOf(waiting) === 'running')
  await log.grow(30)
  await drained(fake)
  const entries = fake.events.filter(({ fields }) => fields['leaf_index'] !== undefined)
  expect(entries.length).toBe(leavesOf(fake).size)
  await waiting.stop()
  await log.ask('DELETE', `/forwarders/${name}`)
  await fake.stop()
})

it('sends nothing with a key that is not that of the secrets, and goes on when it has the right one', async () => {
  const fake = await startFakeSplunk()
  const name = unique('keyed')
  const errors: string[] = []
  const wrong = supervise({
    settingsKey: Buffer.alloc(32),
    onError: ({ code }, failed) => errors.push(`${failed} ${code}`),
  })
  await log.ask('PUT', `/forwarders/${name}`, draftFor(fake))
  await until(() => errors.includes(`${name} settings_key_wrong`))
  expect(wrong.status().map((status) => status.name)).not.toContain(name)
  expect(fake.events).toEqual([])
  await wrong.stop()
  const right = supervise()
  await drained(fake)
  await right.stop()
  await log.ask('DELETE', `/forwarders/${name}`)
  await fake.stop()
})

it('begins behind the newest checkpoint where the setting says so', async () => {
  const fake = await startFakeSplunk()
  const size = await treeSize()
  const draft = draftFor(fake)
  const name = unique('late')
  const supervisor = supervise()
  await log.ask('PUT', `/forwarders/${name}`, { ...draft, config: { ...draft.config, start_at: 'now' } })
  await until(() => supervisor.status().some((status) => status.name === name && status.state === 'running'))
  await log.grow(10)
  await until(() => leavesOf(fake).size >= 10)
  expect(Math.min(...leavesOf(fake))).toBeGreaterThanOrEqual(size)
  await supervisor.stop()
  await fake.stop()
})

it('is not started without a word while it is being stopped', async () => {
  const supervisor = supervise()
  const stopped = supervisor.stop()
  expect(() => supervisor.start()).toThrow(expect.objectContaining({ code: 'closed' }))
  await stopped
  supervisor.start()
  await supervisor.stop()
})
