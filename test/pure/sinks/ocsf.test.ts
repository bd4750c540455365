import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AuditLogError } from '../../../src/errors.ts'
import type { LogItem } from '../../../src/sinks/log-item.ts'
import { formatOcsf, type OcsfVersion, readOcsfVersion } from '../../../src/sinks/ocsf.ts'
import { readProduct } from '../../../src/sinks/product.ts'
import { checkpointNotice, emojis, forwarded, hostileTexts } from '../../support/forwarded.ts'
import { ocsfFaults } from '../../support/ocsf-schema.ts'

type Event = Record<string, any>
const names = readProduct({})
const encode = (item: LogItem, version?: OcsfVersion): Event => JSON.parse(formatOcsf(item, names, version))

describe('10.5 OCSF', () => {
  it.each([
    ['a login', { action: 'user.login', target: null }, '1.8.0', 3002, 300_201],
    ['a failed login', { action: 'user.login.failed', outcome: 'failure' }, '1.8.0', 3002, 300_201],
    ['a logout', { action: 'session.logout' }, '1.8.0', 3002, 300_202],
    ['a login by nobody known', { action: 'user.login', user_id: null }, '1.8.0', 3001, 300_199],
    ['a user created', { action: 'user.created' }, '1.8.0', 3001, 300_101],
    ['a user deleted', { action: 'user.deleted' }, '1.8.0', 3001, 300_106],
    ['a user enabled', { action: 'user.enabled' }, '1.8.0', 3001, 300_102],
    ['a user disabled', { action: 'user.suspended' }, '1.8.0', 3001, 300_105],
    ['a user locked', { action: 'user.locked' }, '1.8.0', 3001, 300_109],
    ['a user unlocked', { action: 'user.unlocked' }, '1.8.0', 3001, 300_112],
    ['a password changed', { action: 'user.password.changed' }, '1.8.0', 3001, 300_103],
    ['a password reset', { action: 'user.password_reset' }, '1.8.0', 3001, 300_104],
    ['a second factor enabled', { action: 'user.mfa.enabled' }, '1.8.0', 3001, 300_110],
    ['a second factor disabled', { action: 'user.mfa.removed' }, '1.8.0', 3001, 300_111],
    ['a role granted', { action: 'user.role.granted' }, '1.8.0', 3001, 300_107],
    ['a role changed', { action: 'user.role.update' }, '1.8.0', 3001, 300_199],
    ['a role granted', { action: 'user.role.granted' }, '1.9.0', 3007, 300_716],
    ['a role revoked', { action: 'user.role.revoked' }, '1.9.0', 3007, 300_717],
    ['a privilege granted', { action: 'user.privilege.granted' }, '1.9.0', 3007, 300_714],
    ['a user changed', { action: 'user.updated' }, '1.9.0', 3007, 300_702],
    ['a user read', { action: 'user.viewed' }, '1.8.0', 6003, 600_302],
    ['a scan done', { action: 'scan.completed', target: 'scan:1' }, '1.8.0', 6003, 600_399],
    ['a report exported', { action: 'report.exported', target: 'report:1' }, '1.8.0', 6003, 600_302],
    [
      'a report made by the system',
      { action: 'report.created', target: 'report:1', source_ip: null },
      '1.8.0',
      3004,
      300_401,
    ],
    ['something without a target', { action: 'system.ready', target: null, source_ip: null }, '1.8.0', 3004, 300_499],
    ['something by nobody', { action: 'key.rotated', target: 'key:1', user_id: null }, '1.8.0', 6003, 600_303],
  ] as const)('maps %s to a class, its activity and what they require (%o, %s)', (_, changes, version, uid, type) => {
    const event = encode(forwarded(changes), version)
    expect(event).toMatchObject({ class_uid: uid, type_uid: type, metadata: { version } })
    expect(ocsfFaults(event)).toEqual([])
  })

  it('carries the exact preimage, its hash and its place in the log', () => {
    const item = forwarded()
    const event = encode(item)
    expect(event['raw_data_hash']).toEqual({
      algorithm: 'SHA-256',
      algorithm_id: 3,
      value: createHash('sha256').update(event['raw_data']).digest('hex'),
    })
    expect(event['raw_data_hash'].value).toBe(item.entry.entry_hash)
    expect(event['unmapped']).toMatchObject({
      leaf_index: 7,
      previous_entry_hash: item.previousEntryHash,
      seq: 1_048_577,
    })
    expect(event['metadata']).toMatchObject({ uid: item.entry.id, sequence: 1_048_577, event_code: 'user.role.update' })
  })

  it('keeps the microseconds that time has no room for (G9)', () => {
    for (const micros of ['000000', '000001', '999999', '123000']) {
      const event = encode(forwarded({ timestamp: `2026-09-26T12:00:00.${micros}Z` }))
      expect(event['time']).toBe(1_790_424_000_000 + Number(micros.slice(0, 3)))
      expect(event['time_dt']).toBe(`2026-09-26T12:00:00.${micros}Z`)
    }
  })

  it('leaves a number out where it has no room for it, and keeps it elsewhere', () => {
    const event = encode(forwarded({ seq: 2 ** 31 }))
    expect(event['metadata']).not.toHaveProperty('sequence')
    expect(event['unmapped']).toMatchObject({ seq: 2 ** 31 })
    expect(ocsfFaults(event)).toEqual([])
  })

  it('says how it ended', () => {
    expect(encode(forwarded({ outcome: 'denied' }))).toMatchObject({ status_id: 2, status_code: 'denied' })
    expect(encode(forwarded({ outcome: 'failure' }))).toMatchObject({ status_id: 2, status: 'Failure' })
    expect(encode(forwarded())).toMatchObject({ status_id: 1, severity_id: 1 })
  })

  it.each([...Object.entries(hostileTexts), ['64 KiB of emoji', emojis]])(
    'G8 forges and loses nothing with %s',
    (_, text) => {
      const item = forwarded({ user_id: text, target: text, tenant_id: text, details: { note: text, [text]: [text] } })
      const event = encode(item)
      expect(ocsfFaults(event)).toEqual([])
      expect(event['unmapped'].details).toEqual(item.entry.details)
      expect(event['raw_data']).toBe(item.line)
      expect(event['actor'].user.uid).toBe(text)
    },
  )

  it('sends the checkpoint as a base event', () => {
    const event = encode(checkpointNotice())
    expect(ocsfFaults(event)).toEqual([])
    expect(event).toMatchObject({
      class_uid: 0,
      type_uid: 99,
      unmapped: { kind: 'checkpoint', details: { tree_size: 8 } },
    })
  })

  it('refuses versions that it cannot write', () => {
    expect(() => readOcsfVersion('1.0.0')).toThrow(AuditLogError)
  })

  it('is checked by a schema that finds what is missing, added or mistyped', () => {
    const event = encode(forwarded({ target: 'report:1' }))
    const { actor: _, ...anonymous } = event
    expect(ocsfFaults(anonymous)).toEqual(['$.actor is missing'])
    expect(ocsfFaults({ ...event, extra: 1 })).toEqual(['$.extra is no attribute'])
    expect(ocsfFaults({ ...event, time: '1' })).toEqual(['$.time is no long_t'])
    expect(ocsfFaults({ ...event, src_endpoint: {} })).not.toEqual([])
    expect(ocsfFaults({ ...event, activity_id: 5 })).toHaveLength(2)
  })
})
