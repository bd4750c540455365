import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { codeOf } from '../errors.ts'
import { optionInvalid } from '../option.ts'
import { formatItem } from './event-json.ts'
import { forAll, retryAll } from './http-result.ts'
import { idOf, timestampOf } from './item-text.ts'
import { escapeJsonLine } from './line-text.ts'
import type { LogItem } from './log-item.ts'
import type { AttemptOptions, Batch, Control, EncodedEvent, SendResult, Sink, SinkCapabilities } from './sink.ts'
import { untilAborted } from './until-aborted.ts'

/** Options of {@link NdjsonSink}: one of the two. */
export interface NdjsonOptions {
  /** Stream to write to, e.g. `process.stdout`. It is not ended. An event counts as accepted when the stream has taken it. */
  readonly stream?: Writable | undefined
  /**
   * Regular file to append to, made with mode 0600 when it is not there. An event counts as accepted when it is on the disk (fsync). A
   * line that a dying process left unfinished is taken off before anything is appended; a file that was moved away, as
   * logrotate does, is made anew.
   */
  readonly file?: string | undefined
}

const capabilities: SinkCapabilities = {
  level: 'accepted',
  idempotency: 'query',
  maxBatchBytes: 1024 * 1024,
  maxBatchItems: 5000,
  maxInFlight: 1,
}
/** More than the longest line. */
const tailBytes = 1024 * 1024

/**
 * JSON lines, one event each, to a stream or a file, for whatever picks them up there. Lines hold the entry with `leaf_index`
 * and `previous_entry_hash`, and no character that any reader could take for the end of a line.
 *
 * @example
 * new NdjsonSink({ file: '/var/log/audit/audit.ndjson' })
 */
export class NdjsonSink implements Sink {
  readonly description: string
  readonly capabilities: SinkCapabilities = capabilities
  readonly #target: Target

  /** @throws AuditLogError `option_invalid` */
  constructor({ stream, file }: NdjsonOptions) {
    if ((stream === undefined) === (file === undefined)) throw optionInvalid('either a stream or a file', '$.stream')
    if (file !== undefined && (typeof file !== 'string' || file === '')) throw optionInvalid('a path', '$.file')
    this.description = file === undefined ? 'ndjson stream' : `ndjson ${file}`
    this.#target = stream === undefined ? new FileTarget(file ?? '') : new StreamTarget(stream)
  }

  encode(item: LogItem): EncodedEvent {
    return { id: idOf(item), timestamp: timestampOf(item), text: `${escapeJsonLine(formatItem(item))}\n` }
  }

  async send({ ids, body }: Batch, { signal }: AttemptOptions): Promise<SendResult> {
    const problem = await untilAborted(this.#target.write(body), signal).catch(() => aborted)
    return problem === undefined
      ? { outcomes: forAll(ids.length, { kind: 'delivered' }), control: { kind: 'continue' } }
      : retryAll(ids.length, problem, true)
  }

  async close(): Promise<void> {
    await this.#target.close()
  }
}

// Nothing there can be synchronised, so every line would be written again and again.
const irregular: Control = {
  kind: 'pause',
  cause: 'config',
  code: 'file_irregular',
  detail: 'the file is a device or a pipe, which is for `stream`',
}
const aborted: Control = { kind: 'backoff', code: 'aborted', detail: 'the attempt was broken off' }

interface Target {
  /** Resolves when the bytes are where they belong, or to what is wrong. */
  write(bytes: Uint8Array): Promise<Control | undefined>
  close(): Promise<void>
}

class StreamTarget implements Target {
  readonly #stream: Writable
  readonly #ignore = (): void => undefined

  constructor(stream: Writable) {
    this.#stream = stream
    // Errors arrive in the callback of the write; without a listener they would end the process.
    stream.on('error', this.#ignore)
  }

  async write(bytes: Uint8Array): Promise<Control | undefined> {
    if (!this.#stream.writable) {
      return { kind: 'pause', cause: 'config', code: 'stream_closed', detail: 'the stream has been ended' }
    }
    // The callback comes when the stream has passed the bytes on, so a slow reader slows the log down.
    const error = await new Promise<Error | null | undefined>((resolve) => this.#stream.write(bytes, resolve))
    return error === undefined || error === null
      ? undefined
      : { kind: 'backoff', code: 'stream_failed', detail: `the stream failed (${codeOf(error)})` }
  }

  close(): Promise<void> {
    // What is still under way may fail later.
    if (this.#stream.writableLength === 0) this.#stream.off('error', this.#ignore)
    return Promise.resolve()
  }
}

class FileTarget implements Target {
  readonly #path: string
  #handle: FileHandle | undefined

  constructor(path: string) {
    this.#path = path
  }

  async write(bytes: Uint8Array): Promise<Control | undefined> {
    try {
      const handle = await this.#open()
      if (handle === undefined) return irregular
      await handle.appendFile(bytes)
      await handle.sync()
      return undefined
    } catch (error) {
      // What was written in part is taken off when the file is opened again.
      await this.close()
      return { kind: 'backoff', code: 'file_failed', detail: `the file cannot be written (${codeOf(error)})` }
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => undefined)
  }

  async #open(): Promise<FileHandle | undefined> {
    if (this.#handle !== undefined) {
      const [ours, there] = await Promise.all([this.#handle.stat(), stat(this.#path).catch(() => undefined)])
      if (there !== undefined && there.ino === ours.ino && there.dev === ours.dev) return this.#handle
      await this.close()
    }
    const handle = await open(this.#path, 'a+', 0o600)
    this.#handle = handle
    const stats = await handle.stat()
    if (!stats.isFile()) return this.close().then(() => undefined)
    await cutUnfinishedLine(handle, stats.size)
    return handle
  }
}

async function cutUnfinishedLine(handle: FileHandle, size: number): Promise<void> {
  const length = Math.min(size, tailBytes)
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length)
  const end = buffer.lastIndexOf(10) + 1
  if (end < length) await handle.truncate(size - length + end)
}
