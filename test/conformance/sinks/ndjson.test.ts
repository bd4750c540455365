import { execFileSync } from 'node:child_process'
import { appendFile, constants, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { NdjsonSink } from '../../../src/sinks/ndjson.ts'
import { batchOf } from '../../support/batch-of.ts'
import { deliver } from '../../support/deliver.ts'
import { codeOf } from '../../support/error-code.ts'
import { forwarded, forwardedMany, hostileTexts } from '../../support/forwarded.ts'

const signal = new AbortController().signal
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'audit-log-'))
  stops.push(() => rm(path, { recursive: true }))
  return path
}
const leaves = (text: string): number[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { leaf_index: number }).leaf_index)

describe('JSON lines', () => {
  it('go to a file, whatever is in them, and only its owner reads it', async () => {
    const file = join(await folder(), 'audit.ndjson')
    const texts = Object.values(hostileTexts)
    const sink = new NdjsonSink({ file })
    await deliver(
      sink,
      forwardedMany(texts.length, (index) => ({ user_id: texts[index]! })),
      3,
    )
    await sink.close()
    const text = await readFile(file, 'utf8')
    expect(leaves(text)).toEqual(texts.map((_, index) => index))
    expect(text).not.toMatch(/[\u0085\u2028\u2029\r]/)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('follow a line that a dying process left unfinished, which is taken off', async () => {
    const file = join(await folder(), 'audit.ndjson')
    const first = new NdjsonSink({ file })
    await deliver(first, forwardedMany(2))
    await first.close()
    await appendFile(file, '{"leaf_index":2,"entry_ha')
    const second = new NdjsonSink({ file })
    await deliver(second, forwardedMany(4).slice(2))
    await second.close()
    expect(leaves(await readFile(file, 'utf8'))).toEqual([0, 1, 2, 3])
  })

  it('go to a new file when the old one was moved away', async () => {
    const file = join(await folder(), 'audit.ndjson')
    const sink = new NdjsonSink({ file })
    const [first, second] = forwardedMany(2)
    await deliver(sink, [first!])
    await rename(file, `${file}.1`)
    await deliver(sink, [second!])
    await sink.close()
    expect(leaves(await readFile(`${file}.1`, 'utf8'))).toEqual([0])
    expect(leaves(await readFile(file, 'utf8'))).toEqual([1])
  })

  it('wait while there is no place for them', async () => {
    const sink = new NdjsonSink({ file: join(await folder(), 'missing', 'audit.ndjson') })
    const result = await sink.send(batchOf(sink, [sink.encode(forwarded())]), { signal })
    expect(result.control).toMatchObject({
      kind: 'backoff',
      code: 'file_failed',
      detail: 'the file cannot be written (ENOENT)',
    })
  })

  it('wait for a stream whose reader is slow', async () => {
    const stream = new PassThrough({ highWaterMark: 100 })
    const sink = new NdjsonSink({ stream })
    let sent = 0
    const sending = (async () => {
      for (; sent < 20; sent += 1) await sink.send(batchOf(sink, [sink.encode(forwarded())]), { signal })
    })()
    await sleep(50)
    expect(sent).toBeLessThan(5)
    stream.resume()
    await sending
    expect(sent).toBe(20)
  })

  it('say when the stream fails or has been ended, and no error is left unhandled', async () => {
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no')) })
    const sink = new NdjsonSink({ stream: failing })
    const event = sink.encode(forwarded())
    expect((await sink.send(batchOf(sink, [event]), { signal })).control).toMatchObject({
      kind: 'backoff',
      code: 'stream_failed',
    })
    expect((await sink.send(batchOf(sink, [event]), { signal })).control).toMatchObject({
      kind: 'pause',
      code: 'stream_closed',
    })
    expect(signal.aborted).toBe(false)
  })

  it('G7 are broken off when nobody reads the stream, and an error that it has later is left unhandled by nobody', async () => {
    let fail: ((error: Error) => void) | undefined
    const stalled = new Writable({ write: (_chunk, _encoding, done) => void (fail = done) })
    const sink = new NdjsonSink({ stream: stalled })
    const ending = new AbortController()
    const sending = sink.send(batchOf(sink, [sink.encode(forwarded())]), { signal: ending.signal })
    ending.abort()
    const { outcomes, control } = await sending
    expect(outcomes).toMatchObject([{ kind: 'retry', ambiguous: true }])
    expect(control).toMatchObject({ kind: 'backoff', code: 'aborted' })
    await sink.close()
    fail?.(new Error('gone'))
    await sleep(1)
    expect(stalled.destroyed).toBe(true)
  })

  it('do not go to a pipe that is named as a file, where they would be written again and again', async () => {
    const file = join(await folder(), 'pipe')
    execFileSync('mkfifo', [file])
    const reader = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const sink = new NdjsonSink({ file })
    const { control } = await sink.send(batchOf(sink, [sink.encode(forwarded())]), { signal })
    await sink.close()
    const { bytesRead } = await reader.read(Buffer.alloc(10), 0, 10)
    await reader.close()
    expect(control).toMatchObject({ kind: 'pause', cause: 'config', code: 'file_irregular' })
    expect(bytesRead).toBe(0)
  })

  it('need a stream or a file', () => {
    expect(codeOf(() => new NdjsonSink({}))).toBe('option_invalid')
    expect(codeOf(() => new NdjsonSink({ file: 'a', stream: new PassThrough() }))).toBe('option_invalid')
  })
})
