import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { openCheckpoint, trustLogs } from '../../../src/tlog/index.ts'
import { type SequenceProcess, startSequence } from '../../support/sequence-child.ts'
import { inOrder, type SequencedLog, sequencedLog, takeCensus, until } from '../../support/sequencer.ts'
import { unique } from '../../support/unique.ts'

const directory = await mkdtemp(join(tmpdir(), 'audit-log-sequence-'))
afterAll(() => rm(directory, { recursive: true, force: true }))

/** A log with its key in a file. */
async function logWithKey(): Promise<{ log: SequencedLog; keyFile: string; checkpoint: string; args: string[] }> {
  const log = await sequencedLog()
  const [keyFile, checkpoint] = [join(directory, unique('log.key')), join(directory, unique('checkpoint'))]
  await writeFile(keyFile, `${log.key.signerKey}\n`, { mode: 0o600 })
  return { log, keyFile, checkpoint, args: ['--key', keyFile, '--publish', `file:${checkpoint}`, '--interval', '20'] }
}

function start(log: SequencedLog, args: readonly string[]): SequenceProcess {
  const started = startSequence(log.sequencerUrl, args)
  onTestFinished(() => void started.child.kill('SIGKILL'))
  return started
}

it('goes on after kill -9 at any moment, in another process that stands by', async () => {
  const { log, checkpoint, args } = await logWithKey()
  const writing = { isOver: false, entries: 0 }
  const writers = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!writing.isOver) {
        await log.audit.logMany([{ action: 'a.b' }, { action: 'a.c' }, { action: 'a.d' }])
        writing.entries += 3
        await sleep(5)
      }
    }),
  )
  let active = start(log, args)
  await until(() => active.states.includes('active'))
  for (let kill = 0; kill < 2; kill += 1) {
    const next = start(log, args)
    await until(() => next.states.includes('standby'))
    await sleep(Math.random() * 60)
    expect(await active.end('SIGKILL')).toBeNull()
    await until(() => next.states.at(-1) === 'active')
    active = next
  }
  writing.isOver = true
  await writers
  await until(async () => (await takeCensus(log.admin, log.key.verifierKey)).checkpointSize === writing.entries)
  // SIGTERM ends it in an orderly way, with everything published.
  expect(await active.end('SIGTERM')).toBe(0)
  expect(active.states.at(-1)).toBe('stopped')
  expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(writing.entries))
  const history = (await readFile(`${checkpoint}.history`, 'utf8')).trimEnd().split('\n')
  const sizes: number[] = []
  for (const line of history) {
    const opened = await openCheckpoint(JSON.parse(line) as string, trustLogs([log.key.verifierKey]))
    const { rows } = await log.admin.query<{ root: Buffer }>(
      `select root_hash as root from audit_log.checkpoint where tree_size = $1`,
      [opened.size],
    )
    expect(rows[0]?.root.toString('hex')).toBe(Buffer.from(opened.rootHash).toString('hex'))
    sizes.push(opened.size)
  }
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
  expect(sizes.at(-1)).toBe(writing.entries)
})

it('ends with 1 when the log contradicts what was published, and with 2 when its key file can be read by others', async () => {
  const ahead = join(directory, unique('ahead'))
  const other = await logWithKey()
  const size = 1_000_000
  const { formatCheckpoint, signNote, createSigner } = await import('../../../src/tlog/index.ts')
  const text = formatCheckpoint({
    origin: 'audit.example.com/test',
    size,
    rootHash: new Uint8Array(32),
    extensions: [],
  })
  await writeFile(ahead, await signNote(text, [await createSigner(other.log.key.signerKey)]))
  const halting = start(other.log, ['--key', other.keyFile, '--publish', `file:${ahead}`])
  await until(() => halting.child.exitCode !== null)
  expect([halting.child.exitCode, halting.states]).toEqual([1, ['halted']])
  await chmod(other.keyFile, 0o644)
  const open = start(other.log, other.args)
  await until(() => open.child.exitCode !== null)
  expect([open.child.exitCode, open.states]).toEqual([2, []])
})
