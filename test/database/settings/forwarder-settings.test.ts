import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ForwarderSettings, SettingsKey } from '../../../src/settings/index.ts'
import { SecretBox } from '../../../src/settings/secret-box.ts'
import { refusal } from '../../support/database.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { settingsLog } from '../../support/settings-log.ts'
import { unique } from '../../support/unique.ts'

const log = await settingsLog()
const settings = log.settings()
const alice = { id: 'alice', sourceIp: '203.0.113.7' }
const url = 'https://splunk.example.com:8088'
const secret = 'TOP-SECRET-TOKEN-1'
const splunk = { kind: 'splunk', config: { url, index: 'audit' }, secrets: { token: secret } }
const set = `select audit_log.set_forwarder($1, $2, $3, $4)`
const value = JSON.stringify({ kind: 'splunk', config: {}, paused: false })
const entriesOf = async (name: string) =>
  (await log.audit.query().target(`forwarder:${name}`).order('oldest').page()).entries
const wholeSchema = async (): Promise<string> => {
  const { rows } = await log.admin.query<{ text: string }>(
    `select concat((select json_agg(setting)::text from audit_log.setting), (select json_agg(entry)::text from audit_log.entry)) as text`,
  )
  return rows[0]?.text ?? ''
}

describe('a setting', () => {
  it('is stored with its secrets encrypted, and shown without them', async () => {
    const stored = await settings.put('main', splunk, alice)
    expect(stored).toMatchObject({ name: 'main', kind: 'splunk', secretsSet: ['token'], paused: false })
    expect(JSON.stringify([stored, await settings.list()])).not.toContain(secret)
    expect(await wholeSchema()).not.toContain(secret)
  })

  it('keeps every state that it had, and each change is an entry without secrets', async () => {
    const name = unique('kept')
    await settings.put(name, splunk, alice)
    await settings.put(name, { ...splunk, config: { url, index: 'other' }, secrets: {} }, alice)
    await settings.pause(name, true, alice)
    await settings.pause(name, true, alice)
    await settings.pause(name, false, alice)
    await settings.put(name, { ...splunk, config: { url, index: 'other' }, secrets: { token: 'another' } }, alice)
    await settings.remove(name, alice)
    const entries = await entriesOf(name)
    expect(entries.map(({ action }) => action.replace('audit_log.forwarder.', ''))).toEqual([
      'added',
      'changed',
      'paused',
      'resumed',
      'changed',
      'removed',
    ])
    expect(entries[0]).toMatchObject({ user_id: 'alice', source_ip: '203.0.113.7', details: { secrets: ['token'] } })
    expect(entries.map(({ details }) => details['secrets_changed'])).toEqual([['token'], [], [], [], ['token'], []])
    expect(entries[1]).toMatchObject({
      details: { before: { config: { index: 'audit' } }, config: { index: 'other' } },
    })
    const { rows } = await log.admin.query(`select from audit_log.setting where name = $1`, [name])
    expect(rows).toHaveLength(6)
    expect(await codeOfAsync(settings.get(name))).toBe('forwarder_unknown')
  })

  it('is the one that was stored last, also where its number has one digit more than that of the one before', async () => {
    for (let index = 1; index <= 12; index += 1) {
      await settings.put('often', { ...splunk, config: { url, index: `index-${index}` } }, alice)
      expect((await settings.get('often')).config['index']).toBe(`index-${index}`)
    }
    await settings.remove('often', alice)
    expect((await settings.list()).map(({ name }) => name)).not.toContain('often')
  })

  it('cannot be updated, deleted or truncated by anybody, nor inserted past the function', async () => {
    for (const pool of [log.admin, log.appPool, log.sequencerPool]) {
      for (const statement of [
        `update audit_log.setting set name = 'x'`,
        'delete from audit_log.setting',
        'truncate audit_log.setting',
      ]) {
        expect(await refusal(pool.query(statement))).toMatch(pool === log.admin ? 'WO001' : '42501')
      }
    }
    for (const pool of [log.appPool, log.sequencerPool]) {
      expect(await refusal(pool.query(`insert into audit_log.setting (setting_id, name) values (9, 'x')`))).toBe(
        '42501',
      )
    }
    expect(await refusal(log.sequencerPool.query(set, ['x', null, value, '{}']))).toBe('42501')
    expect(await refusal(log.pool(log.reader.url).query(set, ['x', null, value, '{}']))).toBe('42501')
    expect(await refusal(log.pool(log.writer.url).query('select from audit_log.setting'))).toBe('42501')
    // Where the log is sent, it can be read: not by who may only write, in SQL either.
    expect(await refusal(log.pool(log.writer.url).query(set, ['x', null, value, '{}']))).toBe('42501')
  })

  it('rolls back with the transaction, entry and all', async () => {
    const client = await log.connect(log.app.url)
    await client.query('begin')
    await log.settings({ db: client }).put('undone', splunk, alice)
    await client.query('rollback')
    expect(await entriesOf('undone')).toEqual([])
    expect(await codeOfAsync(settings.get('undone'))).toBe('forwarder_unknown')
  })

  it.each([
    ['a clear secret', 'x', value, '{"token":"clear"}'],
    ['a secret that is no text', 'x', value, '{"token":null}'],
    ['a name that is not plain', 'x y', value, '{}'],
    ['no kind', 'x', '{"config":{},"paused":false}', '{}'],
    ['no object', 'x', '[]', '{}'],
    ['a removal of nothing', 'x', null, '{}'],
  ])('is refused by the database with %s', async (_, name, given, secrets) => {
    expect(await refusal(log.appPool.query(set, [name, null, given, secrets]))).toBe('WO031')
  })

  it('is refused when it is made on top of an older one', async () => {
    const name = unique('raced')
    await settings.put(name, splunk, alice)
    expect(await refusal(log.appPool.query(set, [name, null, value, '{}']))).toBe('WO032')
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) =>
        settings.put(name, { ...splunk, config: { url, index: `index-${index}` } }, alice),
      ),
    )
    const lost = results.filter((result) => result.status === 'rejected')
    expect(new Set(lost.map(({ reason }) => (reason as { code: string }).code))).toEqual(
      lost.length === 0 ? new Set() : new Set(['settings_busy']),
    )
    expect((await entriesOf(name)).length).toBe(1 + results.length - lost.length)
  })
})

describe('secrets', () => {
  it('cannot be stored without a key, and nothing is written', async () => {
    const name = unique('keyless')
    const without = log.settings({ settingsKey: undefined })
    expect(await codeOfAsync(without.put(name, splunk, alice))).toBe('settings_key_missing')
    const http = { kind: 'http', config: { url: 'https://c.example.com/' } }
    expect(await without.put(name, http, alice)).toMatchObject({ secretsSet: [] })
    expect(await entriesOf(name)).toHaveLength(1)
  })

  it('must be entered again when the destination changes', async () => {
    await settings.put('moved', splunk, alice)
    for (const config of [
      { url: 'https://evil.example.net:8088' },
      { url, insecure: true },
      { url, ca: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----' },
    ]) {
      const attempt = settings.put('moved', { kind: 'splunk', config }, alice)
      expect(await codeOfAsync(attempt)).toBe('setting_invalid')
      expect(await codeOfAsync(settings.sink('moved', { kind: 'splunk', config }))).toBe('setting_invalid')
    }
    expect(await codeOfAsync(settings.sink('other-name', { kind: 'splunk', config: { url } }))).toBe('setting_invalid')
    await (await settings.sink('moved', { kind: 'splunk', config: { url, index: 'x' } })).close()
  })

  it('do not open when a row moves them to another forwarder or destination', async () => {
    const [victim, thief] = [unique('victim'), unique('thief')]
    await settings.put(victim, splunk, alice)
    const { rows } = await log.admin.query<{ secrets: object; setting_id: string }>(
      `select secrets, setting_id from audit_log.setting where name = $1`,
      [victim],
    )
    const stolen = JSON.stringify(rows[0]?.secrets)
    const evil = JSON.stringify({ kind: 'splunk', config: { url: 'https://evil.example.net' }, paused: false })
    await log.appPool.query(set, [victim, rows[0]?.setting_id, evil, stolen])
    expect(await codeOfAsync(settings.sink(victim))).toBe('settings_key_wrong')
    const same = JSON.stringify({ kind: 'splunk', config: { url }, paused: false })
    await log.appPool.query(set, [thief, null, same, stolen])
    expect(await codeOfAsync(settings.sink(thief))).toBe('settings_key_wrong')
  })

  it('open under an older key, and under the newer one alone after reencrypt', async () => {
    const [old, next] = [randomBytes(32), randomBytes(32)]
    const fresh = await settingsLog()
    const of = (settingsKey: SettingsKey): ForwarderSettings => fresh.settings({ settingsKey })
    await of(old).put('rotated', splunk, alice)
    expect(await codeOfAsync(of(next).sink('rotated'))).toBe('settings_key_wrong')
    await (await of([next, old]).sink('rotated')).close()
    expect(await of([next, old]).reencrypt(alice)).toEqual(['rotated'])
    expect(await of([next, old]).reencrypt(alice)).toEqual([])
    await (await of(next).sink('rotated')).close()
    expect(await codeOfAsync(of(old).sink('rotated'))).toBe('settings_key_wrong')
  })

  it('do not open when one byte is altered, and never look the same twice', () => {
    const box = new SecretBox(log.settingsKey)
    const sealed = box.seal(secret, ['a', 'b'])
    expect(box.open(sealed, ['a', 'b'])).toBe(secret)
    expect(box.seal(secret, ['a', 'b'])).not.toBe(sealed)
    const codeOf = (text: string, belongsTo: string[]): string => {
      try {
        box.open(text, belongsTo)
      } catch (error) {
        return (error as { code: string }).code
      }
      return 'opened'
    }
    expect(codeOf(sealed, ['a,b'])).toBe('settings_key_wrong')
    for (let at = sealed.lastIndexOf('.') - 16; at < sealed.length - 1; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A'
      if (sealed[at] === '.') continue
      expect(codeOf(sealed.slice(0, at) + other + sealed.slice(at + 1), ['a', 'b'])).toBe('settings_key_wrong')
    }
    expect(codeOf(sealed.slice(0, -22), ['a', 'b'])).toBe('settings_key_wrong')
  })

  it.each([[randomBytes(31)], ['0'.repeat(32)], [[randomBytes(32), 'x']]])('want keys of 32 bytes: %#', (key) => {
    expect(() => log.settings({ settingsKey: key as unknown as Uint8Array })).toThrow(/32 bytes/)
  })
})

describe('a destination', () => {
  it('is asked about with every place that the sink connects to', async () => {
    const asked: string[] = []
    const careful = log.settings({
      allowDestination: ({ href }) => {
        asked.push(href)
        return false
      },
    })
    const qradar = { kind: 'qradar', config: { host: '2001:db8::1', hostname: 'app01.example.com' } }
    const sentinel = {
      kind: 'sentinel',
      config: {
        url: 'https://dce.example.com',
        dcr_immutable_id: `dcr-${'0'.repeat(32)}`,
        tenant_id: 't',
        client_id: 'c',
      },
      secrets: { client_secret: secret },
    }
    for (const draft of [splunk, qradar, sentinel]) {
      expect(await codeOfAsync(careful.put('forbidden', draft, alice))).toBe('destination_forbidden')
    }
    expect(asked).toEqual([`${url}/`, 'tls://[2001:db8::1]:6514', 'https://dce.example.com/'])
    expect(await entriesOf('forbidden')).toEqual([])
    const permissive = log.settings({ allowDestination: ({ hostname }) => hostname === 'dce.example.com' })
    expect(await codeOfAsync(permissive.put('forbidden', sentinel, alice))).toBe('destination_forbidden')
  })
})
