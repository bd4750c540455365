import type { ServerOptions } from 'node:https'
import { type FakeReply, type FakeRequest, type FakeServer, startFakeServer } from './fake-server.ts'

/** A document as the fake holds it. */
export interface ElasticDocument {
  readonly id: string
  /** The index that it went to: a backing index, one of a failure store, or one by its name. */
  readonly index: string
  /** The document's line. */
  readonly text: string
  readonly source: Record<string, any>
}

export interface FakeElasticOptions {
  readonly apiKey?: string
  readonly dataStreams?: readonly string[]
  readonly maximumBytes?: number
  readonly tls?: ServerOptions
}

/** What an item is answered with instead of being indexed. */
export interface ItemFault {
  readonly status: number
  readonly type: string
  readonly reason?: string
}

/** Elasticsearch's `_bulk`, data streams, index templates and search by id, as far as a sink and the official client ask. */
export interface FakeElastic extends FakeServer {
  readonly apiKey: string
  readonly documents: ElasticDocument[]
  readonly dataStreams: Set<string>
  /** Whether documents that cannot be mapped go to the failure store. */
  failureStore: boolean
  /** Rejects a document for its mapping. */
  cannotMap: (source: Record<string, any>) => boolean
  /** Faults for single documents by their id; each is used up. */
  readonly itemFaults: Map<string, ItemFault[]>
  /** How the response is made: lets a test leave out or add items. */
  reshape: (response: { errors: boolean; items: unknown[] }) => unknown
  pretty: boolean
  disabled: boolean
  readonly templates: Map<string, unknown>
  /** Begins a new backing index. */
  rollover(stream: string): void
}

const product = { 'x-elastic-product': 'Elasticsearch' }

/** Starts the receiver. */
export async function startFakeElastic(options: FakeElasticOptions = {}): Promise<FakeElastic> {
  const apiKey = options.apiKey ?? Buffer.from('id:key').toString('base64')
  const generations = new Map<string, number>()
  /** Index and id of each document. */
  const held = new Set<string>()

  const handle = (request: FakeRequest): FakeReply => {
    const { authorization } = request.headers
    if (fake.disabled || (authorization !== `ApiKey ${apiKey}` && authorization !== basic)) {
      return error(401, 'security_exception', 'unable to authenticate with provided credentials')
    }
    if (request.path === '/' && request.method === 'GET') {
      return json(200, {
        name: 'fake',
        cluster_name: 'fake',
        version: { number: '9.4.0' },
        tagline: 'You Know, for Search',
      })
    }
    const template = /^\/_index_template\/(.+)$/.exec(request.path)?.[1]
    if (template !== undefined && request.method === 'PUT') {
      fake.templates.set(template, JSON.parse(request.body))
      return json(200, { acknowledged: true })
    }
    const target = /^(?:\/([^/]+))?\/(_bulk|_search|_rollover)$/.exec(request.path)
    if (target === null || (request.method !== 'POST' && request.method !== 'PUT'))
      return error(405, 'method_not_allowed', 'Incorrect HTTP method')
    if (target[2] === '_rollover') {
      fake.rollover(target[1] ?? '')
      return json(200, { acknowledged: true, rolled_over: true })
    }
    return target[2] === '_bulk' ? bulk(request, target[1]) : search(request)
  }

  const bulk = (request: FakeRequest, target: string | undefined): FakeReply => {
    const type = request.headers['content-type'] ?? ''
    if (!/^application\/(x-ndjson|vnd\.elasticsearch\+x-ndjson)/.test(type))
      return error(406, 'media_type_header_exception', 'Invalid media-type value')
    if (options.maximumBytes !== undefined && Buffer.byteLength(request.body) > options.maximumBytes)
      return { status: 413, headers: product, body: '' }
    const needsStream = request.query.get('require_data_stream') === 'true'
    if (needsStream && !fake.dataStreams.has(target ?? ''))
      return error(404, 'index_not_found_exception', `no such data stream [${target}]`)
    if (!request.body.endsWith('\n'))
      return error(400, 'illegal_argument_exception', 'The bulk request must be terminated by a newline [\\n]')
    const lines = request.body.slice(0, -1).split('\n')
    const pairs: { action: Record<string, any>; text: string }[] = []
    for (let at = 0; at < lines.length; at += 2) {
      const [action, text] = [parse(lines[at] ?? ''), lines[at + 1]]
      if (action === undefined || text === undefined || parse(text) === undefined)
        return error(400, 'x_content_parse_exception', 'Malformed content')
      pairs.push({ action, text })
    }
    const items = pairs.map(({ action, text }) => ({ create: indexOne(target, action, text) }))
    const errors = items.some(({ create }) => (create['status'] as number) >= 300)
    const response = fake.reshape({ errors, items })
    return json(200, response)
  }

  const indexOne = (target: string | undefined, action: Record<string, any>, text: string): Record<string, unknown> => {
    const name = String((action['create'] as Record<string, any> | undefined)?.['_index'] ?? target)
    const id = String((action['create'] as Record<string, any> | undefined)?.['_id'])
    const fault = fake.itemFaults.get(id)?.shift()
    if (fault !== undefined) return failed(name, id, fault.status, fault.type, fault.reason ?? 'reason')
    if (action['create'] === undefined)
      return failed(
        name,
        id,
        400,
        'illegal_argument_exception',
        'only write ops with an op_type of create are allowed in data streams',
      )
    const source = parse(text) ?? {}
    if (typeof source['@timestamp'] !== 'string')
      return failed(name, id, 400, 'document_parsing_exception', 'data stream timestamp field [@timestamp] is missing')
    if (fake.cannotMap(source)) {
      if (!fake.failureStore)
        return failed(
          name,
          id,
          400,
          'document_parsing_exception',
          "failed to parse field [x] of type [long]. Preview of field's value: 'secret'",
        )
      const index = `.fs-${name}-000001`
      fake.documents.push({ id: `fs-${fake.documents.length}`, index, text, source })
      return { _index: index, _id: `fs-${fake.documents.length}`, status: 201, failure_store: 'used' }
    }
    const index = fake.dataStreams.has(name)
      ? `.ds-${name}-${String(generations.get(name) ?? 1).padStart(6, '0')}`
      : name
    if (held.has(`${index}/${id}`)) {
      return failed(
        index,
        id,
        409,
        'version_conflict_engine_exception',
        `[${id}]: version conflict, document already exists (current version [1])`,
      )
    }
    held.add(`${index}/${id}`)
    fake.documents.push({ id, index, text, source })
    return { _index: index, _id: id, status: 201 }
  }

  const search = (request: FakeRequest): FakeReply => {
    const { query } = JSON.parse(request.body) as { query: { ids: { values: string[] } } }
    const wanted = new Set(query.ids.values)
    const hits = fake.documents
      .filter(({ id }) => wanted.has(id))
      .map(({ id, source }) => ({ _id: id, _source: { event: { hash: source['event']?.hash } } }))
    return json(200, { hits: { hits } })
  }

  const json = (status: number, body: unknown): FakeReply => ({
    status,
    headers: { ...product, 'content-type': 'application/json' },
    body: fake.pretty ? JSON.stringify(body, undefined, 2) : JSON.stringify(body),
  })
  const error = (status: number, type: string, reason: string): FakeReply =>
    json(status, { error: { type, reason }, status })
  const basic = `Basic ${Buffer.from('elastic:password').toString('base64')}`

  const server = await startFakeServer(handle, options.tls)
  const fake: FakeElastic = Object.assign(server, {
    apiKey,
    documents: [],
    dataStreams: new Set(options.dataStreams ?? ['logs-entraguard.audit-default']),
    failureStore: false,
    cannotMap: () => false,
    itemFaults: new Map<string, ItemFault[]>(),
    reshape: (response: { errors: boolean; items: unknown[] }): unknown => response,
    pretty: false,
    disabled: false,
    templates: new Map<string, unknown>(),
    rollover(stream: string) {
      generations.set(stream, (generations.get(stream) ?? 1) + 1)
    },
  })
  return fake
}

const failed = (index: string, id: string, status: number, type: string, reason: string): Record<string, unknown> => ({
  _index: index,
  _id: id,
  status,
  error: { type, reason },
})

function parse(text: string): Record<string, any> | undefined {
  try {
    return JSON.parse(text) as Record<string, any>
  } catch {
    return undefined
  }
}
