import { describe, expect, it } from 'vitest'
import { verifyEntry, type Entry } from '../../../src/canonical/entry.ts'
import { encodeCef, leastCefBytes } from '../../../src/sinks/cef.ts'
import type { LogItem } from '../../../src/sinks/log-item.ts'
import { readProduct } from '../../../src/sinks/product.ts'
import { type CefEvent, parseCef } from '../../support/cef-parser.ts'
import { checkpointNotice, emojis, forwarded, hostileTexts } from '../../support/forwarded.ts'

const names = readProduct({ vendor: 'Acme', product: 'AuditLog' })
const encode = (item: LogItem, maximumBytes?: number): CefEvent => parseCef(encodeCef(item, names, maximumBytes))

function restore({ header, extension }: CefEvent): Entry {
  const details = extension['msg'] ?? ['cs4', 'cs5', 'cs6'].map((key) => extension[key] ?? '').join('')
  return {
    version: 1,
    seq: Number(extension['externalId']),
    id: extension['cs2']!,
    timestamp: extension['auditTime']!,
    tenant_id: extension['cs3'] ?? null,
    user_id: extension['suid'] ?? null,
    action: header[4]!,
    target: extension['auditTarget'] ?? null,
    source_ip: extension['src'] ?? extension['c6a2'] ?? null,
    outcome: extension['outcome'] as Entry['outcome'],
    details: JSON.parse(details),
    recorded_by: extension['auditRecordedBy']!,
    ...(JSON.parse(extension['exact'] ?? '{}') as Partial<Entry>),
    entry_hash: extension['cs1']!,
  }
}

describe('10.5 CEF', () => {
  it('escapes \\ and | in the header', () => {
    const line = encodeCef(forwarded(), { vendor: 'A|c\\me', product: 'P=q', version: '1' })
    expect(line).toMatch(/^CEF:0\|A\\\|c\\\\me\|P=q\|1\|user\.role\.update\|User role update\|3\|rt=/)
    expect(parseCef(line).header).toEqual(['0', 'A|c\\me', 'P=q', '1', 'user.role.update', 'User role update', '3'])
  })

  it('names what CEF has a name for', () => {
    const item = forwarded()
    expect(encode(item).extension).toMatchObject({
      rt: '1790424000123',
      suid: 'usr_42',
      duid: 'usr_77',
      src: '203.0.113.9',
      act: 'user.role.update',
      outcome: 'success',
      externalId: '1048577',
      cn1: '7',
      cn1Label: 'leafIndex',
      cs1: item.entry.entry_hash,
      cs1Label: 'entryHash',
      cs2: item.entry.id,
      cs2Label: 'auditId',
      previousEntryHash: item.previousEntryHash,
    })
    expect(encode(forwarded({ target: 'report:1' })).extension).not.toHaveProperty('duid')
  })

  it('puts IPv6 into c6a2, because src holds IPv4 only', () => {
    const { extension } = encode(forwarded({ source_ip: '2001:db8::1' }))
    expect(extension).not.toHaveProperty('src')
    expect(extension).toMatchObject({ c6a2: '2001:db8::1', c6a2Label: 'Source IPv6 Address' })
  })

  it.each(Object.entries(hostileTexts))('G8 forges and loses nothing with %s', (_, text) => {
    const plain = encode(forwarded({ target: 'a' }))
    const event = encode(
      forwarded({ user_id: text, target: text, tenant_id: text, details: { note: text, [text]: [text] } }),
    )
    const { exact: _exact, ...extension } = event.extension
    expect(Object.keys(extension)).toEqual(Object.keys(plain.extension))
    for (const value of Object.values(extension)) expect(value).toBe(value.trim())
    expect(verifyEntry(restore(event))).toBe(true)
    expect(restore(event)).toMatchObject({ user_id: text, target: text, tenant_id: text })
  })

  it('keeps the lengths of the dictionary and loses nothing by it', () => {
    const long = `${'x'.repeat(1022)}😀`
    const event = encode(forwarded({ user_id: long, action: 'a'.repeat(255), details: { a: 'y'.repeat(11_000) } }))
    const { extension } = event
    expect(extension['suid']!.length).toBeLessThanOrEqual(1023)
    expect(extension['act']!.length).toBe(63)
    for (const key of ['cs4', 'cs5', 'cs6']) expect(extension[key]!.length).toBeLessThanOrEqual(4000)
    expect(restore(event).user_id).toBe(long)
    expect(verifyEntry(restore(event))).toBe(true)
  })

  it('marks details that do not fit', () => {
    const item = forwarded({ details: { a: emojis } })
    expect(encode(item).extension).toMatchObject({ cn2: '65544', cn2Label: 'detailsBytes', cs2: item.entry.id })
  })

  it('G6 keeps a limit in bytes and the identity within it', () => {
    const hostile = '=😀'.repeat(200)
    const item = forwarded({
      user_id: hostile,
      target: hostile,
      tenant_id: hostile,
      details: { a: '=\\\n'.repeat(9000) },
    })
    for (let limit = leastCefBytes; limit < leastCefBytes + 8; limit += 1) {
      const line = encodeCef(item, names, limit)
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(limit)
      expect(parseCef(line).extension).toMatchObject({
        cs1: item.entry.entry_hash,
        cs2: item.entry.id,
        externalId: '1048577',
        cn2Label: 'detailsBytes',
      })
    }
  })

  it('sends the checkpoint as an event of its own', () => {
    const notice = checkpointNotice()
    const { header, extension } = encode(notice)
    expect(header[4]).toBe('audit_log.checkpoint')
    expect(JSON.parse(extension['msg']!)).toEqual(notice.details)
    expect(extension['cs2']).toBe(notice.id)
  })
})
