import { describe, expect, it } from 'vitest'
import { verifyEntry } from '../../../src/canonical/entry.ts'
import { formatCloudEvent, readCloudEventsOptions } from '../../../src/sinks/cloudevents.ts'
import { formatItem } from '../../../src/sinks/event-json.ts'
import type { LogItem } from '../../../src/sinks/log-item.ts'
import { codeOf } from '../../support/error-code.ts'
import { checkpointNotice, emojis, forwarded, hostileTexts } from '../../support/forwarded.ts'

const options = readCloudEventsOptions({ source: 'https://app.example.com/audit-log' })
const encode = (item: LogItem): Record<string, any> => JSON.parse(formatCloudEvent(item, options))

describe('10.5 CloudEvents', () => {
  it('has the attributes that are required, and a sequence that compares as text', () => {
    const item = forwarded()
    expect(encode(item)).toEqual({
      specversion: '1.0',
      id: item.entry.id,
      source: 'https://app.example.com/audit-log',
      type: 'com.entraguard.audit.user.role.update',
      time: '2026-09-26T12:00:00.123456Z',
      subject: 'user:usr_77',
      sequence: '00000000000000000007',
      authtype: 'app_user',
      authid: 'usr_42',
      datacontenttype: 'application/json',
      data: { ...item.entry, leaf_index: 7, previous_entry_hash: item.previousEntryHash },
    })
    const sequences = [9, 10, 2 ** 53 - 1].map((leaf) => encode(forwarded({}, leaf))['sequence'] as string)
    expect(sequences.toSorted()).toEqual(sequences)
  })

  it('names the system when there is no user', () => {
    const event = encode(forwarded({ user_id: null, target: null }))
    expect(event).toMatchObject({ authtype: 'system' })
    expect(event).not.toHaveProperty('authid')
    expect(event).not.toHaveProperty('subject')
  })

  it.each([...Object.entries(hostileTexts), ['64 KiB of emoji', emojis]])(
    'G8 forges and loses nothing with %s',
    (_, text) => {
      const event = encode(forwarded({ user_id: text, target: text, details: { note: text, [text]: text } }))
      const { leaf_index: leaf, previous_entry_hash: previous, ...entry } = event['data']
      expect(verifyEntry(entry)).toBe(true)
      expect(leaf).toBe(7)
      expect(previous).toHaveLength(64)
      for (const name of ['subject', 'authid']) expect(event[name]).not.toMatch(/[\p{Cc}]/u)
    },
  )

  it('sends the checkpoint as an event of its own', () => {
    const notice = checkpointNotice()
    const event = encode(notice)
    expect(event).toMatchObject({ id: notice.id, type: 'com.entraguard.audit.audit_log.checkpoint' })
    const { kind: _, ...data } = notice
    expect(event['data']).toEqual(data)
  })

  it('G9 keeps the digits of the time', () => {
    for (const micros of ['000000', '000001', '999999']) {
      expect(encode(forwarded({ timestamp: `2026-09-26T12:00:00.${micros}Z` }))['time']).toContain(`.${micros}Z`)
    }
  })

  it.each([
    ['a source with a space', { source: 'a b' }],
    ['no source', { source: '' }],
    ['a prefix that is no reverse DNS name', { source: '/log', typePrefix: 'audit' }],
  ])('refuses %s', (_, wrong) => {
    expect(codeOf(() => readCloudEventsOptions(wrong))).toBe('option_invalid')
  })
})

describe("the log's own JSON form", () => {
  it('is the entry with its place in the log', () => {
    const item = forwarded({}, 0)
    expect(JSON.parse(formatItem(item))).toEqual({ ...item.entry, leaf_index: 0, previous_entry_hash: null })
  })
})
