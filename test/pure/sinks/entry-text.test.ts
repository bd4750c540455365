import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../src/canonical/entry.ts'
import { textOf } from '../../../src/sinks/entry-text.ts'
import { timestampOf } from '../../../src/sinks/item-text.ts'
import { LeafEntry } from '../../../src/sinks/leaf-entry.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { forwarded, forwardedMany, hostileTexts } from '../../support/forwarded.ts'
import { deliverAll, memoryLog } from '../../support/memory-log.ts'

const leafOf = (entry: Partial<Entry>): LeafEntry => {
  const { leafIndex, line, entryHash, previousEntryHash } = forwarded(entry)
  return new LeafEntry(leafIndex, line, entryHash, previousEntryHash)
}
const withLine = (line: string): LeafEntry => new LeafEntry(7, line, 'f'.repeat(64), null)
const parsed = (item: LeafEntry): unknown =>
  Object.fromEntries(Object.entries(textOf(item)).map(([name, text]) => [name, JSON.parse(text)]))

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...Object.values(hostileTexts)))
const forged = fc.constantFrom(',"id":"', '","recorded_by":"', ',"version":1}', '","details":{', '\\",\\"id\\":\\"')

describe('textOf', () => {
  it('cuts every member out of the line of any entry, without parsing it', () => {
    const anyText = fc.option(fc.oneof(text, forged))
    fc.assert(
      fc.property(
        fc.record({
          user_id: anyText,
          target: anyText,
          tenant_id: anyText,
          recorded_by: fc.oneof(text, forged),
          source_ip: fc.option(fc.constantFrom('203.0.113.9', '2001:db8::1')),
          outcome: fc.constantFrom('success', 'failure', 'denied'),
          details: fc.dictionary(fc.oneof(text, forged), fc.oneof(fc.jsonValue(), forged)),
        }),
        (entry) => {
          const item = leafOf(entry as Partial<Entry>)
          const { entry_hash: _, ...content } = item.entry
          expect(parsed(withLine(item.line))).toEqual(content)
          Object.defineProperty(item, 'entry', { get: () => expect.unreachable('the entry was parsed') })
          textOf(item)
        },
      ),
    )
  })

  it.each([
    ['spaces between members', (line: string) => line.replace(',"id"', ' , "id"')],
    ['a line break in the details', (line: string) => line.replace('"details":{', '"details":{\n')],
    ['another order', (line: string) => line.replace(/"action":"(.*?)",(.*)}$/, '$2,"action":"$1"}')],
    ['an escaped action', (line: string) => line.replace('"action":"', '"action":"\\u0041\\"x')],
  ])('parses the line of a row that somebody altered: %s', (_, alter) => {
    const altered = withLine(alter(forwarded().line))
    const { entry_hash: _hash, ...content } = altered.entry
    expect(parsed(altered)).toMatchObject(content)
  })

  it('throws for a line that is no JSON, so that it goes to the dead letter', () => {
    expect(() => textOf(withLine(forwarded().line.replace('"action":"', '"action":"\\')))).toThrow(SyntaxError)
    expect(() => textOf(withLine('{'))).toThrow(SyntaxError)
  })

  it('the forwarder goes on behind such a line, which has no id that could be told', async () => {
    const [first, broken, last] = forwardedMany(3)
    const sink: Sink = {
      description: 'test',
      capabilities: { level: 'accepted', idempotency: 'query', maxBatchBytes: 1e6, maxBatchItems: 100, maxInFlight: 1 },
      encode: (item) => ({
        id: item.kind === 'entry' ? textOf(item).id : item.id,
        timestamp: timestampOf(item),
        text: '.',
      }),
      send: ({ ids }) =>
        Promise.resolve({ outcomes: ids.map(() => ({ kind: 'delivered' })), control: { kind: 'continue' } }),
      close: () => Promise.resolve(),
    }
    const log = memoryLog([first!, new LeafEntry(1, broken!.line.slice(1), broken!.entryHash, null), last!])
    await deliverAll(log, sink, fakeClock())
    expect(log.position.leafIndex).toBe(3)
    expect(log.deadLetters).toMatchObject([
      { item: 'leaf-1', firstLeafIndex: 1, kind: 'rejected', code: 'encode_failed' },
    ])
  })
})
