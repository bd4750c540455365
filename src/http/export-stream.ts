import { AuditLogError } from '../errors.ts'
import type { TextPage } from '../query/line-page.ts'
import type { ExportFormat } from './export-format.ts'
import type { Call } from './route.ts'

/** What became of an export. */
export interface ExportEnd {
  /** Entries that were handed to the connection. */
  readonly entries: number
  readonly bytes: number
  /** Whether that was all of them. */
  readonly complete: boolean
}

/** The first page; the others have about {@link charactersPerPage}, so that planning a statement costs little beside running it. */
const firstEntries = 1000
const charactersPerPage = 2 ** 20

/**
 * Streams what a query finds. The next page is read while the client takes the last one, and none beyond that: memory is that
 * of two pages, whatever the size and however slow the client. No connection and no transaction is held while it waits.
 *
 * A client that goes away stops the statement that runs in the server. One that takes nothing for `exportStallMs` is given
 * up. A failure breaks the stream off, so that what arrived does not look complete.
 *
 * @param onEnd called once, whatever the end is
 */
export function exportStream(
  { request, principal, values, log }: Call,
  format: ExportFormat,
  onEnd: (end: ExportEnd) => Promise<void>,
): ReadableStream<Uint8Array> {
  const stop = new AbortController()
  const signal = AbortSignal.any([request.signal, stop.signal])
  let [entries, bytes, ended] = [0, 0, false]
  let stall: NodeJS.Timeout | undefined
  let pages: AsyncGenerator<readonly string[], void, undefined> | undefined

  const readPage = (cursor: string | null, size: number): Promise<TextPage> =>
    log.readAtOnce(signal, (_, all) => {
      const query = log.queryFor(all, principal, values)
      return (cursor === null ? query : query.after(cursor)).textPage(format, size)
    })

  async function* write(): AsyncGenerator<readonly string[], void, undefined> {
    let next: Promise<TextPage> | undefined = readPage(null, firstEntries)
    let before = format.begin
    while (next !== undefined) {
      const { text, entries: found, nextCursor }: TextPage = await next
      next = nextCursor === null ? undefined : readPage(nextCursor, sizeAfter(text, found))
      // Its failure is met when it is waited for, which may be never.
      next?.catch(() => undefined)
      entries += found
      const begins = found > 0 || entries === 0
      yield [begins ? before : '', text, next === undefined ? format.end(entries > 0) : '']
      before = format.separator
    }
  }

  const finish = async (complete: boolean): Promise<void> => {
    if (ended) return
    ended = true
    clearTimeout(stall)
    request.signal.removeEventListener('abort', leave)
    stop.abort()
    await onEnd({ entries, bytes, complete }).catch(log.options.onError)
  }
  const leave = (): void => void finish(false)
  const expectPull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if (ended) return
    stall = setTimeout(() => {
      controller.error(new AuditLogError('read_failed', 'the client takes no more of the export'))
      leave()
    }, log.options.exportStallMs)
    stall.unref()
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        expectPull(controller)
        request.signal.addEventListener('abort', leave)
        if (request.signal.aborted) leave()
      },
      async pull(controller) {
        clearTimeout(stall)
        try {
          pages ??= write()
          const { value, done } = await pages.next()
          if (done === true) {
            await finish(true)
            controller.close()
            return
          }
          // One after the other: putting them together would copy the long one.
          const chunks = value.map((piece) => Buffer.from(piece)).filter(({ length }) => length > 0)
          // Who enqueues nothing is not asked again.
          for (const chunk of chunks.length === 0 ? [Buffer.alloc(0)] : chunks) {
            bytes += chunk.length
            controller.enqueue(chunk)
          }
        } catch (error) {
          if (!signal.aborted) log.options.onError(error)
          await finish(false)
          controller.error(new AuditLogError('read_failed', 'the export broke off'))
          return
        }
        expectPull(controller)
      },
      async cancel() {
        await finish(false)
      },
    },
    { highWaterMark: 0 },
  )
}

/** How many entries the next page has, by the length of those of this one; at most twice as many, as the next may be longer. */
function sizeAfter(text: string, entries: number): number {
  return Math.max(1, Math.min(2 * entries, Math.floor((charactersPerPage * entries) / text.length)))
}
