import { AuditLogError } from '../errors.ts'
import type { LinePage } from '../query/line-page.ts'
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

const entriesPerPage = 1000

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
  let chunks: AsyncGenerator<string, void, undefined> | undefined

  const readPage = (cursor: string | undefined): Promise<LinePage> =>
    log.readAtOnce(signal, (_, all) => {
      const query = log.queryFor(all, principal, values).limit(entriesPerPage)
      return (cursor === undefined ? query : query.after(cursor)).linePage()
    })

  async function* write(): AsyncGenerator<string, void, undefined> {
    let next: Promise<LinePage> | undefined = readPage(undefined)
    let before = format.begin
    while (next !== undefined) {
      const { lines, entries: found, nextCursor }: LinePage = await next
      next = nextCursor === null ? undefined : readPage(nextCursor)
      // Its failure is met when it is waited for, which may be never.
      next?.catch(() => undefined)
      const first = entries === 0
      entries += found
      if (found > 0) yield before + format.page(lines, first) + (next === undefined ? format.end : '')
      else yield before + format.end
      before = ''
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
          chunks ??= write()
          const { value, done } = await chunks.next()
          if (done === true) {
            await finish(true)
            controller.close()
            return
          }
          const chunk = Buffer.from(value)
          bytes += chunk.length
          controller.enqueue(chunk)
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
