import type { Fault, FakeServer } from './fake-server.ts'
import type { Misbehaviour } from './sink-contract.ts'

const page = '<!doctype html><html><body>Bad gateway &amp; more</body></html>'
const html = { 'content-type': 'text/html' }

const faults: Readonly<Record<Exclude<Misbehaviour, 'refuses the credentials' | 'is down'>, Fault>> = {
  hangs: { kind: 'hang' },
  'resets the connection': { kind: 'reset' },
  'resets the connection after it has taken the events': { kind: 'reset', after: true },
  'answers no HTTP': { kind: 'garbage' },
  'answers a page of HTML': { kind: 'reply', status: 502, headers: html, body: page },
  'answers 200 and a page of HTML': { kind: 'reply', status: 200, headers: html, body: page },
  'answers 500': { kind: 'reply', status: 500, body: '' },
  'redirects to another host': {
    kind: 'reply',
    status: 307,
    // Nobody listens there; a client that followed would show another problem.
    headers: { location: 'http://127.0.0.1:9/elsewhere' },
    body: '',
  },
  'answers without an end': { kind: 'huge' },
  'breaks off its answer': { kind: 'cut' },
}

/** All that a receiver over HTTP can do wrong. */
export const httpMisbehaviours: readonly Misbehaviour[] = [
  'is down',
  ...(Object.keys(faults) as (keyof typeof faults)[]),
  'refuses the credentials',
]

/** Makes a fake receiver misbehave. One that is down is one that resets every connection. */
export function misbehave(fake: FakeServer, how: Exclude<Misbehaviour, 'refuses the credentials'>): void {
  fake.fault = how === 'is down' ? { kind: 'reset' } : faults[how]
}
