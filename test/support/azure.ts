import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { asimColumns, type Columns, logColumns } from '../../src/sinks/sentinel-row.ts'
import type { Identity } from './certificates.ts'

/** A row as Log Analytics has stored it. */
export type StoredRow = Readonly<Record<string, unknown>>

/** What the next request to the ingestion endpoint gets instead of the usual answer. */
export interface ScriptedReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Stores the rows all the same. */
  readonly store?: boolean
  /** Never answers, or breaks the connection. */
  readonly instead?: 'hang' | 'reset'
}

/** A request as it came. */
export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly wireBytes: number
  /** Decompressed. */
  readonly body: string
}

/** Microsoft Entra ID and the Logs Ingestion API, on loopback, as far as a sink can see them. */
export interface FakeAzure {
  readonly url: string
  readonly dcrImmutableId: string
  /** Rows by stream, as stored. */
  readonly rows: Readonly<Record<string, StoredRow[]>>
  readonly requests: SeenRequest[]
  /** Requests to the token endpoint, by scope. */
  readonly tokenRequests: string[]
  readonly script: ScriptedReply[]
  /** What every request gets for which there is no script. */
  always: ScriptedReply | undefined
  /** Seconds that tokens live. */
  tokenLifetime: number
  /** Whether the principal has the role. */
  permitted: boolean
  /** Whether the rule exists. */
  exists: boolean
  /** Makes every token given so far invalid. */
  revokeTokens(): void
  stop(): Promise<void>
}

const clientId = 'app-id'
export const azureSecret = 'S3cret~value'
const longestBody = 1_048_576
const longestDecompressed = 52_428_800
const longestValue = 65_536
const hourMs = 3_600_000

/** Starts both on one port. `now` is the service's clock. */
export async function startFakeAzure(identity: Identity, now: () => number = Date.now): Promise<FakeAzure> {
  const streams: Record<string, Columns> = { 'Custom-AuditLog_CL': logColumns, 'Custom-AuditLogAsim': asimColumns }
  const rows: Record<string, StoredRow[]> = { 'Custom-AuditLog_CL': [], 'Custom-AuditLogAsim': [] }
  const tokens = new Set<string>()
  let issued = 0
  const server = https.createServer(identity, (request, response) => {
    void handle(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `https://localhost:${(server.address() as AddressInfo).port}`
  const fake: FakeAzure = {
    url,
    dcrImmutableId: `dcr-${'0a'.repeat(16)}`,
    rows,
    requests: [],
    tokenRequests: [],
    script: [],
    always: undefined,
    tokenLifetime: 3600,
    permitted: true,
    exists: true,
    revokeTokens: () => tokens.clear(),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const wire = Buffer.concat(chunks)
    // Microsoft's own client writes the hyphen of api-version as %2D.
    const path = decodeURIComponent(request.url ?? '')
    if (path.includes('/.well-known/openid-configuration')) return discovery(response)
    if (path.split('?')[0]?.endsWith('/oauth2/v2.0/token') === true)
      return token(new URLSearchParams(wire.toString()), response)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(wire) : wire
    fake.requests.push({ path, headers: request.headers, wireBytes: wire.length, body: body.toString() })
    ingest(request, response, path, wire.length, body)
  }

  function discovery(response: ServerResponse): void {
    const tenant = `${url}/tenant`
    json(response, 200, {
      issuer: `${tenant}/v2.0`,
      token_endpoint: `${tenant}/oauth2/v2.0/token`,
      authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
      jwks_uri: `${tenant}/discovery/v2.0/keys`,
    })
  }

  function token(form: URLSearchParams, response: ServerResponse): void {
    fake.tokenRequests.push(form.get('scope') ?? '')
    if (form.get('grant_type') !== 'client_credentials' || form.get('client_id') !== clientId) {
      json(response, 400, {
        error: 'unauthorized_client',
        error_codes: [700016],
        error_description: 'AADSTS700016: ...',
      })
    } else if (form.get('client_secret') !== azureSecret) {
      json(response, 401, { error: 'invalid_client', error_codes: [7000215], error_description: 'AADSTS7000215: ...' })
    } else {
      issued += 1
      const value = `token-${issued}`
      tokens.add(value)
      json(response, 200, { token_type: 'Bearer', expires_in: fake.tokenLifetime, access_token: value })
    }
  }

  function ingest(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    wireBytes: number,
    body: Buffer,
  ): void {
    const scripted = fake.script.shift() ?? fake.always
    const match = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/?]+)\?api-version=2023-01-01$/.exec(path)
    const stream = match?.[2] ?? ''
    if (scripted !== undefined) {
      if (scripted.store === true) store(stream, body)
      if (scripted.instead === 'hang') return
      if (scripted.instead === 'reset') {
        request.socket.destroy()
        return
      }
      response.writeHead(scripted.status ?? 204, { 'x-ms-request-id': 'scripted', ...scripted.headers })
      response.end(scripted.body)
      return
    }
    if (request.method !== 'POST' || match === null) return refuse(response, 404, 'NotFound', 'Resource not found.')
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (!tokens.has(bearer)) return refuse(response, 401, 'InvalidToken', 'The access token is invalid.')
    const rule = `data collection rule with immutable Id '${match[1]}'`
    if (!fake.exists || match[1] !== fake.dcrImmutableId)
      return refuse(response, 404, 'NotFound', `Data collection rule with immutable Id '${match[1]}' not found.`)
    if (!fake.permitted) {
      const message = `The authentication token provided does not have access to ingest data for the ${rule}.`
      return refuse(response, 403, 'OperationFailed', message)
    }
    if (wireBytes > longestBody || body.length > longestDecompressed) {
      const message = `Maximum allowed content length: ${longestBody} bytes (1 MB). Provided content length: ${wireBytes} bytes.`
      return refuse(response, 413, 'ContentLengthLimitExceeded', message)
    }
    if (!(request.headers['content-type'] ?? '').startsWith('application/json')) {
      return refuse(response, 415, 'UnsupportedMediaType', 'The content type is not supported.')
    }
    if (streams[stream] === undefined)
      return refuse(response, 400, 'InvalidStream', `Stream ${stream} is not configured.`)
    if (body.length === 0) return refuse(response, 500, 'InternalServerError', 'empty')
    store(stream, body)
    response.writeHead(204, { 'x-ms-request-id': `request-${fake.requests.length}` })
    response.end()
  }

  // What is no array of objects is accepted and never seen again.
  function store(stream: string, body: Buffer): void {
    let array: unknown
    try {
      array = JSON.parse(body.toString())
    } catch {
      return
    }
    if (!Array.isArray(array)) return
    for (const row of array) rows[stream]?.push(storedRow(row as StoredRow, streams[stream]!, now()))
  }
  return fake
}

function storedRow(row: StoredRow, columns: Columns, now: number): StoredRow {
  const stored: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    if (columns[name] !== undefined && !reserved.has(name)) stored[name] = cut(value)
  }
  const generated = Date.parse(String(row['TimeGenerated']))
  if (!(generated >= now - 48 * hourMs && generated <= now + 24 * hourMs)) {
    stored['TimeGenerated'] = new Date(now).toISOString()
  }
  return stored
}

/** Names that tables have for themselves. */
export const reserved: ReadonlySet<string> = new Set([
  'id',
  'Title',
  'Type',
  'TenantId',
  'UniqueId',
  '_ResourceId',
  '_SubscriptionId',
])

// Silently, as the service does.
function cut(value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return Buffer.byteLength(text) > longestValue ? text.slice(0, 1000) : value
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-ms-error-code': code,
    'x-ms-request-id': 'refused',
  })
  response.end(JSON.stringify({ error: { code, message } }))
}
