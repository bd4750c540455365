import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { buildCli } from '../../support/cli.ts'
import { type FakeSplunk, startFakeSplunk } from '../../support/fake-splunk.ts'
import { settingsLog } from '../../support/settings-log.ts'
import { unique } from '../../support/unique.ts'
import { until } from '../../support/until.ts'

// The command as a process, which is told what to do through the API alone.

const log = await settingsLog()
const cli = await buildCli()
const folder = await mkdtemp(join(tmpdir(), 'audit-log-settings-'))
const keyFile = join(folder, 'settings-key')
await writeFile(keyFile, `${Buffer.from(log.settingsKey).toString('base64')}\n`)
const children: ChildProcess[] = []
const receivers: FakeSplunk[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const one of receivers.splice(0)) await one.stop()
})
afterAll(() => rm(folder, { recursive: true }))

async function receiver(): Promise<FakeSplunk> {
  const fake = await startFakeSplunk()
  receivers.push(fake)
  return fake
}
const treeSize = async (): Promise<number> => {
  const { rows } = await log.admin.query<{ size: string }>('select tree_size as size from audit_log.sequencer_state')
  return Number(rows[0]?.size)
}

const draftOf = ({ url, token }: FakeSplunk): object => ({
  kind: 'splunk',
  config: { url, index: 'audit' },
  secrets: { token },
})
const leavesOf = ({ events }: FakeSplunk): number =>
  new Set(events.flatMap(({ fields }) => fields['leaf_index'] ?? [])).size

/** Starts the command; `lines` grows with what it prints. */
function forward(...args: string[]): { lines: Record<string, unknown>[]; end: () => Promise<unknown> } {
  const all = [cli.file, 'forward', '--settings', '--database-url', log.sequencerUrl, ...args]
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const exited = once(child, 'close')
  const lines: Record<string, unknown>[] = []
  let text = ''
  child.stdout.on('data', (data: Buffer) => {
    const parts = (text + data.toString()).split('\n')
    text = parts.pop() ?? ''
    lines.push(...parts.map((line) => JSON.parse(line) as Record<string, unknown>))
  })
  return {
    lines,
    async end() {
      child.kill('SIGTERM')
      return (await exited) as unknown
    },
  }
}

describe('audit-log forward --settings', () => {
  it('delivers to what is configured, and follows what is paused, resumed and added, without a restart', async () => {
    const [main, other] = [await receiver(), await receiver()]
    const [mainName, otherName] = [unique('main'), unique('other')]
    await log.grow(100)
    const before = await treeSize()
    expect(await log.ask('PUT', `/forwarders/${mainName}`, draftOf(main))).toMatchObject({ status: 200 })
    const { lines, end } = forward('--settings-key', keyFile)
    await until(() => leavesOf(main) === before)

    // Paused: what is recorded from now on reaches the one that was added in the meantime, and not this one.
    expect(await log.ask('POST', `/forwarders/${mainName}/pause`)).toMatchObject({
      status: 200,
      body: { paused: true },
    })
    await until(() => lines.some(({ name, state }) => name === mainName && state === 'stopped'))
    expect(await log.ask('PUT', `/forwarders/${otherName}`, draftOf(other))).toMatchObject({ status: 200 })
    await log.grow(50)
    // And the three entries that say what was done to the settings.
    await until(() => leavesOf(other) === before + 53)
    expect(leavesOf(main)).toBe(before)

    expect(await log.ask('POST', `/forwarders/${mainName}/resume`)).toMatchObject({ status: 200 })
    await until(() => leavesOf(main) === before + 53)
    expect(await end()).toEqual([0, null])
    expect(JSON.stringify(lines)).not.toContain(main.token)
  })

  it('says that it cannot open the secrets without their key, and delivers nothing', async () => {
    const [other, name] = [await receiver(), unique('other')]
    await log.ask('PUT', `/forwarders/${name}`, draftOf(other))
    await log.grow(10)
    const { lines, end } = forward()
    const refusal = { event: 'not_started', name, code: 'settings_key_missing' }
    await until(() => lines.some((line) => line['name'] === name && line['code'] === refusal.code))
    expect(lines).toContainEqual(expect.objectContaining(refusal))
    expect(await end()).toEqual([0, null])
    expect(leavesOf(other)).toBe(0)
  })

  it.each([
    ['other sinks beside it', ['other']],
    ['a place to begin', ['--from', '0']],
    ['a key that cannot be read', ['--settings-key', join(folder, 'none')]],
    ['a key of another length', ['--settings-key', join(folder, 'short')]],
  ])('does not start with %s', async (_, args) => {
    await writeFile(join(folder, 'short'), 'c2hvcnQ=')
    const result = await cli(['forward', '--settings', '--database-url', log.sequencerUrl, ...args])
    expect([result.code, result.stdout]).toEqual([2, ''])
    expect(result.stderr).not.toContain('c2hvcnQ')
  })
})
