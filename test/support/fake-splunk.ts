import type { ServerOptions } from 'node:https'
import { type FakeReply, type FakeRequest, type FakeServer, startFakeServer } from './fake-server.ts'

/** An event as an index of the fake holds it. */
export interface SplunkEvent {
  readonly time: number
  readonly event: Record<string, unknown>
  readonly fields: Record<string, unknown>
  /** The envelope's text. */
  readonly text: string
}

export interface FakeSplunkOptions {
  readonly token?: string
  readonly useAck?: boolean
  readonly indexes?: readonly string[]
  /** Larger bodies get 413, or with `cloud` code 6 for object 0. */
  readonly maximumBytes?: number
  readonly cloud?: boolean
  readonly tls?: ServerOptions
  /** Sticky sessions: each new client gets the next indexer and a cookie for it. */
  readonly indexers?: number
}

/** A Splunk HTTP Event Collector that keeps what it indexed. */
export interface FakeSplunk extends FakeServer {
  readonly token: string
  /** What all indexers hold. */
  readonly events: SplunkEvent[]
  /** How often `/ack` is asked before an acknowledgement turns true. */
  ackAfter: number
  /** Acknowledgements that were answered true, as indexer/channel/id. */
  readonly acknowledged: string[]
  /** Rejects an event with this code. */
  rejects: (event: Record<string, unknown>) => number | undefined
  disabled: boolean
  /** Indexes that exist. */
  readonly indexes: Set<string>
  /** Whether `/ack` answers code 14. */
  ackOff: boolean
  /** Name of the member that holds the acknowledgement's id. */
  ackName: string
  /** Starts all indexers again: what they had not acknowledged is forgotten, and they count from 0. */
  restart(): void
}

interface Indexer {
  readonly next: Map<string, number>
  /** Polls that are left before an acknowledgement turns true; absent once it was answered true. */
  readonly waiting: Map<string, number>
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const envelopeKeys = new Set(['time', 'host', 'source', 'sourcetype', 'index', 'event', 'fields'])

/** Starts the receiver. */
export async function startFakeSplunk(options: FakeSplunkOptions = {}): Promise<FakeSplunk> {
  const token = options.token ?? '11111111-2222-3333-4444-555555555555'
  const indexers: Indexer[] = Array.from({ length: options.indexers ?? 1 }, () => ({
    next: new Map<string, number>(),
    waiting: new Map<string, number>(),
  }))
  let clients = 0

  const handle = (request: FakeRequest): FakeReply => {
    if (request.method === 'OPTIONS') return { status: 200 }
    if (request.path === '/services/collector/health') return hec(200, 17, 'HEC is healthy')
    const isAck = request.path === '/services/collector/ack'
    if (
      !isAck &&
      !['/services/collector', '/services/collector/event', '/services/collector/event/1.0'].includes(request.path)
    ) {
      return { status: 404, body: '{"text":"The requested URL was not found on this server.","code":404}' }
    }
    if (request.method !== 'POST') return { status: 405, body: '{"text":"Method not allowed","code":405}' }
    const denied = authenticate(request)
    if (denied !== undefined) return denied
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'gzip') return { status: 415, body: '<html>Unsupported</html>' }
    const [indexer, cookie] = route(request)
    const reply = isAck ? acknowledge(request, indexer) : collect(request, indexer)
    return cookie === undefined
      ? reply
      : { ...reply, headers: { ...reply.headers, 'set-cookie': [`lb=${cookie}; Path=/`] } }
  }

  const authenticate = ({ headers: { authorization } }: FakeRequest): FakeReply | undefined => {
    if (authorization === undefined) return hec(401, 2, 'Token is required')
    if (!authorization.startsWith('Splunk ')) return hec(401, 3, 'Invalid authorization')
    if (authorization !== `Splunk ${token}`) return hec(403, 4, 'Invalid token')
    return fake.disabled ? hec(403, 1, 'Token disabled') : undefined
  }

  const route = ({ headers: { cookie } }: FakeRequest): readonly [number, number?] => {
    if (indexers.length === 1) return [0]
    const known = /lb=(\d+)/.exec(cookie ?? '')?.[1]
    if (known !== undefined) return [Number(known)]
    clients += 1
    return [clients % indexers.length, clients % indexers.length]
  }

  const channelOf = ({ headers }: FakeRequest): string => String(headers['x-splunk-request-channel'] ?? '')

  const collect = (request: FakeRequest, indexer: number): FakeReply => {
    if (options.useAck === true && channelOf(request) === '') return hec(400, 10, 'Data channel is missing')
    if (channelOf(request) !== '' && !guid.test(channelOf(request))) return hec(400, 11, 'Invalid data channel')
    if (options.maximumBytes !== undefined && Buffer.byteLength(request.body) > options.maximumBytes) {
      return options.cloud === true
        ? hec(400, 6, 'Invalid data format', { 'invalid-event-number': 0 })
        : { status: 413, body: '<html>Request Entity Too Large</html>' }
    }
    const texts = splitObjects(request.body)
    if (texts.length === 0) return hec(400, 5, 'No data')
    let stored = 0
    const stop = (status: number, code: number, text: string, number: number): FakeReply =>
      hec(status, code, text, { 'invalid-event-number': number, ...(stored > 0 ? ackOf(request, indexer) : {}) })
    for (const [index, text] of texts.entries()) {
      const envelope = parseObject(text)
      if (envelope === undefined) return stop(400, 6, 'Invalid data format', index)
      if (Object.keys(envelope).some((key) => !envelopeKeys.has(key))) {
        return texts.length === 1 ? hec(400, 5, 'No data') : hec(200, 0, 'Success', ackOf(request, indexer))
      }
      const { event, fields = {}, time, index: name } = envelope
      if (event === undefined) return stop(400, 12, 'Event field is required', index)
      if (event === '') return stop(400, 13, 'Event field cannot be blank', index)
      if (Object.values(fields as object).some((value) => typeof value === 'object')) {
        return stop(400, 15, 'Error in handling indexed fields', index)
      }
      if (typeof name === 'string' && !fake.indexes.has(name)) return stop(400, 7, 'Incorrect index', index + 1)
      const refused = fake.rejects(event as Record<string, unknown>)
      if (refused !== undefined) return stop(400, refused, 'Refused', index)
      fake.events.push({
        time: Number(time),
        event: event as Record<string, unknown>,
        fields: fields as Record<string, unknown>,
        text,
      })
      stored += 1
    }
    return hec(200, 0, 'Success', ackOf(request, indexer))
  }

  const ackOf = (request: FakeRequest, indexer: number): Record<string, unknown> => {
    if (options.useAck !== true) return {}
    const channel = channelOf(request)
    const state = indexers[indexer]!
    const id = state.next.get(channel) ?? 0
    state.next.set(channel, id + 1)
    state.waiting.set(`${channel}/${id}`, fake.ackAfter)
    return { [fake.ackName]: id }
  }

  const acknowledge = (request: FakeRequest, indexer: number): FakeReply => {
    if (options.useAck !== true || fake.ackOff) return hec(400, 14, 'ACK is disabled')
    const { waiting } = indexers[indexer]!
    const { acks } = JSON.parse(request.body) as { acks: number[] }
    const answers = [...new Set(acks)].map((id): [number, boolean] => {
      const key = `${channelOf(request)}/${id}`
      const left = waiting.get(key)
      if (left === undefined) return [id, false]
      if (left > 0) {
        waiting.set(key, left - 1)
        return [id, false]
      }
      waiting.delete(key)
      fake.acknowledged.push(`${indexer}/${key}`)
      return [id, true]
    })
    return { status: 200, body: JSON.stringify({ acks: Object.fromEntries(answers) }) }
  }

  const server = await startFakeServer(handle, options.tls)
  const fake: FakeSplunk = Object.assign(server, {
    token,
    events: [],
    ackAfter: 0,
    acknowledged: [],
    rejects: () => undefined,
    disabled: false,
    indexes: new Set(options.indexes ?? ['audit']),
    ackOff: false,
    ackName: 'ackId',
    restart() {
      for (const { next, waiting } of indexers) {
        next.clear()
        waiting.clear()
      }
    },
  })
  return fake
}

const hec = (status: number, code: number, text: string, more: object = {}): FakeReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ text, code, ...more }),
})

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** Splits concatenated JSON objects where one ends, as a streaming parser does. */
function splitObjects(body: string): string[] {
  const found: string[] = []
  let depth = 0
  let start = 0
  let quoted = false
  for (let at = 0; at < body.length; at += 1) {
    const character = body[at]
    if (quoted) {
      if (character === '\\') at += 1
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{') {
      if (depth === 0) start = at
      depth += 1
    } else if (character === '}') {
      depth -= 1
      if (depth === 0) found.push(body.slice(start, at + 1))
    }
  }
  return found
}
