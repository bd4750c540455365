import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../../src/canonical/canonicalize.ts'
import { verifyEntry } from '../../../src/canonical/entry.ts'
import { encodeLeef, leastLeefBytes } from '../../../src/sinks/leef.ts'
import type { LogItem } from '../../../src/sinks/log-item.ts'
import { readProduct } from '../../../src/sinks/product.ts'
import { checkpointNotice, emojis, forwarded, hostileTexts } from '../../support/forwarded.ts'
import { entryOfLeef, type LeefEvent, parseLeef } from '../../support/leef-parser.ts'

const names = readProduct({ vendor: 'Acme', product: 'AuditLog', productVersion: '1.0' })
const encode = (item: LogItem, maximumBytes = 32_000): LeefEvent => parseLeef(encodeLeef(item, names, maximumBytes))
const bytes = (text: string): number => Buffer.byteLength(text)

describe('LEEF 2.0', () => {
  it('Q3 has five header fields and the delimiter, whatever is in them', () => {
    const item = forwarded()
    const line = encodeLeef(
      { ...item, entry: { ...item.entry, action: 'a|b\nü' } },
      { vendor: 'A|c\nme', product: 'Lög', version: '1|0' },
      8192,
    )
    const header = line.slice(0, line.indexOf('devTime='))
    expect(header).toBe('LEEF:2.0|A_c_me|L_g|1_0|a_b__|x09|')
    expect(parseLeef(line).eventId).toBe('a_b__')
  })

  it('Q5 writes devTime as 13 digits, and the microseconds beside it', () => {
    for (const micros of ['000000', '000001', '999999', '123000', '123456']) {
      const timestamp = `2026-09-26T12:00:00.${micros}Z`
      const { attributes } = encode(forwarded({ timestamp }))
      expect(attributes['devTime']).toBe(`1790424000${micros.slice(0, 3)}`)
      expect(attributes['auditTime']).toBe(timestamp)
      expect(attributes['devTimeFormat']).toBeUndefined()
    }
  })

  it('Q6 writes severities from 1 to 10 and addresses that are some', () => {
    for (const [outcome, severity] of [
      ['success', '3'],
      ['failure', '6'],
      ['denied', '7'],
    ] as const) {
      expect(encode(forwarded({ outcome })).attributes).toMatchObject({ cat: outcome, sev: severity })
    }
    expect(encode(forwarded({ source_ip: '2001:db8::1' })).attributes['src']).toBe('2001:db8::1')
    expect(encode(forwarded({ source_ip: null })).attributes).not.toHaveProperty('src')
    const odd = encode(forwarded({ source_ip: '1.2.3' })).attributes
    expect(odd).not.toHaveProperty('src')
    expect(odd['auditSource']).toBe('1.2.3')
  })

  it('Q6 cuts usrName and the EventID at 255 characters and keeps the whole user', () => {
    const event = encode(forwarded({ user_id: `${'x'.repeat(254)}😀y`, action: 'a'.repeat(300) }))
    expect(event.attributes['usrName']).toBe('x'.repeat(254))
    expect(event.eventId).toHaveLength(255)
    expect(entryOfLeef(event).user_id).toBe(`${'x'.repeat(254)}😀y`)
  })

  it('leaves out what is null', () => {
    const event = encode(forwarded({ tenant_id: null, user_id: null, target: null, source_ip: null }))
    for (const key of ['usrName', 'src', 'auditTarget', 'auditTenant', 'exact'])
      expect(event.attributes).not.toHaveProperty(key)
    expect(verifyEntry(entryOfLeef(event))).toBe(true)
  })

  it('carries the leaf index and the hashes of the entry and of the one before', () => {
    const item = forwarded()
    expect(encode(item).attributes).toMatchObject({
      auditLeaf: '7',
      entryHash: item.entry.entry_hash,
      previousEntryHash: item.previousEntryHash,
    })
    expect(encode(forwarded({}, 0)).attributes).not.toHaveProperty('previousEntryHash')
  })

  it.each(Object.entries(hostileTexts))('Q4, G8 forges and loses nothing with %s', (_, text) => {
    const plain = encode(forwarded())
    const event = encode(
      forwarded({ user_id: text, target: text, tenant_id: text, details: { note: text, [text]: [text] } }),
    )
    const { exact: _exact, ...attributes } = event.attributes
    expect(Object.keys(attributes)).toEqual(Object.keys(plain.attributes))
    // Cc: controls, Zl and Zp: separators, Cf: bidirectional controls and the byte order mark (the joiner of emoji stays).
    expect(Object.values(attributes).join('').replaceAll('\u200d', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u)
    expect(verifyEntry(entryOfLeef(event))).toBe(true)
    expect(entryOfLeef(event)).toMatchObject({ user_id: text, target: text, tenant_id: text })
  })

  it('G8 takes lone surrogates as escapes', () => {
    const item = forwarded()
    const { attributes } = encode({ ...item, line: '', entry: { ...item.entry, details: { a: '\ud800' } } })
    expect(attributes['details']).toBe(String.raw`{"a":"\ud800"}`)
  })

  it('Q7, G6 cuts details first, within a limit in bytes, and keeps the identity', () => {
    for (const details of [
      { a: emojis },
      { a: 'x'.repeat(60_000) },
      { a: '\n"\\'.repeat(9000) },
      { a: '\u0001'.repeat(9000) },
    ]) {
      for (let limit = leastLeefBytes; limit < leastLeefBytes + 12; limit += 1) {
        const item = forwarded({ details })
        const line = encodeLeef(item, names, limit)
        const { attributes } = parseLeef(line)
        expect(bytes(line)).toBeLessThanOrEqual(limit)
        expect(bytes(line)).toBeGreaterThan(limit - 8)
        expect(line.isWellFormed()).toBe(true)
        expect(Buffer.from(line).toString()).toBe(line)
        expect(attributes).toMatchObject({
          auditId: item.entry.id,
          auditSeq: '1048577',
          auditLeaf: '7',
          entryHash: item.entry.entry_hash,
          usrName: 'usr_42',
          detailsTruncated: 'true',
        })
        expect(Number(attributes['detailsBytes'])).toBeGreaterThanOrEqual(bytes(canonicalize(details)))
        // What is left is a beginning of the JSON text and ends with a whole escape.
        expect(() => JSON.parse(`${attributes['details']}"}`)).not.toThrow()
      }
    }
  })

  it('Q7 cuts names when nothing else helps, and still keeps the identity', () => {
    const hostile = '\u202e😀'.repeat(146)
    const item = forwarded({
      user_id: hostile,
      target: hostile,
      tenant_id: hostile,
      recorded_by: hostile,
      action: 'a'.repeat(255),
      details: { a: emojis },
    })
    const line = encodeLeef(
      item,
      readProduct({ vendor: 'v'.repeat(63), product: 'p'.repeat(63), productVersion: '1'.repeat(63) }),
      leastLeefBytes,
    )
    expect(bytes(line)).toBeLessThanOrEqual(leastLeefBytes)
    expect(parseLeef(line).attributes).toMatchObject({
      auditId: item.entry.id,
      entryHash: item.entry.entry_hash,
      previousEntryHash: item.previousEntryHash,
      namesTruncated: 'true',
      detailsTruncated: 'true',
    })
  })

  it('sends the checkpoint as an event of its own, within the least limit', () => {
    const notice = checkpointNotice()
    const event = encode(notice, leastLeefBytes)
    expect(event.eventId).toBe('audit_log.checkpoint')
    expect(event.attributes).toMatchObject({ auditId: notice.id, cat: 'checkpoint', auditTime: notice.timestamp })
    expect(JSON.parse(event.attributes['details']!)).toEqual(notice.details)
  })
})
