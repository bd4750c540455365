import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** An object under its lock. */
export interface StoredObject {
  readonly body: string
  readonly lockMode: string | undefined
  readonly retainUntil: Date | undefined
}

/**
 * Enough of the protocol of S3 for a real client: PUT and GET of objects in one bucket, by path. Object Lock as the protocol has
 * it: a checksum is asked for, and a locked version is kept when its name is written again.
 */
export async function startS3Fake(): Promise<{
  readonly endpoint: string
  readonly objects: Map<string, StoredObject[]>
  fail: number | undefined
  stop(): void
}> {
  const objects = new Map<string, StoredObject[]>()
  const server = http.createServer((request, response) => {
    void respond(request, response)
  })
  const respond = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const key = new URL(request.url ?? '/', 'http://s3').pathname.slice(1)
    const error = (status: number, code: string): void =>
      void response
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)
    if (fake.fail !== undefined) return error(fake.fail, 'AccessDenied')
    if (request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true) return error(403, 'AccessDenied')
    if (request.method === 'GET') {
      const body = objects.get(key)?.at(-1)?.body
      return body === undefined ? error(404, 'NoSuchKey') : void response.writeHead(200).end(body)
    }
    const header = (name: string): string | undefined => request.headers[name] as string | undefined
    const lockMode = header('x-amz-object-lock-mode')
    const until = header('x-amz-object-lock-retain-until-date')
    const hasChecksum = Object.keys(request.headers).some((name) => /^(content-md5|x-amz-checksum-)/.test(name))
    if (lockMode !== undefined && (!hasChecksum || until === undefined)) return error(400, 'InvalidRequest')
    const body = decodeChunks(Buffer.concat(chunks).toString(), header('content-encoding'))
    const retainUntil = until === undefined ? undefined : new Date(until)
    objects.set(key, [...(objects.get(key) ?? []), { body, lockMode, retainUntil }])
    response.writeHead(200, { etag: '"0"' }).end()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fake = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    fail: undefined as number | undefined,
    stop: () => server.close().closeAllConnections(),
  }
  return fake
}

/** `aws-chunked`: lines with a size in hexadecimal before each chunk, a trailer with a checksum at the end. */
function decodeChunks(text: string, encoding: string | undefined): string {
  if (encoding !== 'aws-chunked') return text
  const [, size = '0', rest = ''] = /^([0-9a-f]+)[^\r]*\r\n([\s\S]*)$/.exec(text) ?? []
  return Buffer.from(rest).subarray(0, Number.parseInt(size, 16)).toString()
}
