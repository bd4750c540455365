import { AuditLogError } from '../../errors.ts'
import { httpUrl } from '../../option.ts'
import { exchange, type HttpTarget } from '../http-exchange.ts'
import type { PublishedCheckpoint, Publisher } from '../publisher.ts'

/** Options of {@link httpPublisher}. */
export interface HttpPublisherOptions extends HttpTarget {
  /** Headers of every request, e.g. `authorization`. Default is none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whether `GET` on the same URL gives back the newest checkpoint, and 404 when there is none. Default is true. */
  readonly readBack?: boolean | undefined
  /** For the status. Default is the URL without its query. */
  readonly name?: string | undefined
}

/**
 * Publishes with `PUT` to a URL. What answers there with 200, 201 or 204 has taken the checkpoint. Redirects are not followed.
 *
 * @throws AuditLogError `option_invalid`; its `publish` and `latest` reject with `publisher_failed`
 */
export function httpPublisher(options: HttpPublisherOptions): Publisher {
  const url = httpUrl(options)
  const { headers = {} } = options
  const publish = async ({ note }: PublishedCheckpoint, signal: AbortSignal): Promise<void> => {
    const request = {
      method: 'PUT',
      headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
      body: note,
      signal,
    } as const
    const { status } = await exchange(options, url, request, 'publisher_failed')
    if (![200, 201, 204].includes(status)) throw failed(url, status)
  }
  const latest = async (signal: AbortSignal): Promise<string | undefined> => {
    const { status, body } = await exchange(options, url, { method: 'GET', headers, signal }, 'publisher_failed')
    if (status === 404) return undefined
    if (status !== 200) throw failed(url, status)
    return Buffer.from(body).toString('utf8')
  }
  const name = options.name ?? `${url.origin}${url.pathname}`
  return options.readBack === false ? { name, publish } : { name, publish, latest }
}

const failed = (url: URL, status: number): AuditLogError =>
  new AuditLogError('publisher_failed', `${url.host} answered HTTP ${status}`)
