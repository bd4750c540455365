import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskSecrets, redactionOf } from '../../../src/log/redact.ts'
import { codeOf } from '../../support/error-code.ts'

const gone = '[redacted]'

describe('secrets', () => {
  it.each([
    'password',
    'Password',
    'bindPassword',
    'BIND_PASSWORD',
    'ldap.bind-password',
    'passwordHash',
    'new_password',
    'passphrase',
    'secret',
    'clientSecret',
    'api_key',
    'apiKey',
    'APIKey',
    'apikey',
    'accessToken',
    'refresh-token',
    'jwt',
    'privateKey',
    'authorization',
    'Set-Cookie',
    'credentials',
    'connectionString',
    'dsn',
    'otp',
    'recoveryCodes',
    'pin',
  ])('are the values of %s', (name) => {
    expect(maskSecrets({ [name]: 'x' })).toEqual({ [name]: gone })
  })

  it.each([
    'password_policy',
    'tokenCount',
    'secretary',
    'monkey',
    'key',
    'spin',
    'public_key',
    'passwords_changed_at',
    'user',
  ])('are not the values of %s', (name) => {
    expect(maskSecrets({ [name]: 'x' })).toEqual({ [name]: 'x' })
  })

  it('go, and the structure around them stays', () => {
    const details = { credentials: { user: 'a', pin: 1234, list: ['x', null, true, ''] }, other: [{ token: 'x' }, 5] }
    expect(maskSecrets(details)).toEqual({
      credentials: { user: gone, pin: gone, list: [gone, null, true, ''] },
      other: [{ token: gone }, 5],
    })
  })

  it('are found beside the name of the setting', () => {
    const patch = [
      { op: 'replace', path: '/ldap/bindPassword', value: 'hunter2' },
      { field: 'api_key', before: 'a', after: 'b', reason: 'rotated' },
      { name: 'host', value: 'dc1' },
    ]
    expect(maskSecrets(patch)).toEqual([
      { op: 'replace', path: '/ldap/bindPassword', value: gone },
      { field: 'api_key', before: gone, after: gone, reason: 'rotated' },
      { name: 'host', value: 'dc1' },
    ])
  })

  it.each([
    ['postgres://app:hunter2@db:5432/x', `postgres://app:${gone}@db:5432/x`],
    ['Server=db;User=sa;Password=hunter2;', `Server=db;User=sa;Password=${gone};`],
    ['https://x.example/cb?token=hunter2&page=2', `https://x.example/cb?token=${gone}&page=2`],
    ['{"api_key":"hunter2","a":1}', `{"api_key":"${gone}","a":1}`],
    ['{\\"password\\":\\"hunter2\\"}', `{\\"password\\":\\"${gone}\\"}`],
    ['Authorization: Bearer abcdefghijkl.mno', `Authorization: Bearer ${gone}`],
    ['https://hooks.slack.com/services/T0/B0/abc', `https://hooks.slack.com/services/${gone}`],
    ['key AKIAIOSFODNN7EXAMPLE.', `key ${gone}.`],
    [`it is ghp_${'a'.repeat(36)}`, `it is ${gone}`],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def', gone],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----', gone],
    ['-----BEGIN PRIVATE KEY-----\nMIIB (cut', gone],
    ['design: blue, the token ring, ldaps://dc1', 'design: blue, the token ring, ldaps://dc1'],
  ])('are found within texts: %s', (text, expected) => {
    expect(maskSecrets({ text })).toEqual({ text: expected })
  })

  it('leave a value that has none as it is, and the same object', () => {
    const details = { a: [1, { b: 'c' }], __proto__: null }
    expect(maskSecrets(details)).toBe(details)
  })

  it('are found once and for all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = maskSecrets(value as never)
        expect(maskSecrets(once)).toEqual(once)
      }),
    )
  })

  it('take no more than linear time to be looked for', () => {
    // Each of these makes a pattern that backtracks without bounds run for minutes.
    for (const part of ['eyJaaaaaaaa-', '://a:', 'password=', '-----BEGIN PRIVATE KEY-----', 'Bearer ', 'sig=']) {
      const text = part.repeat(50_000)
      expect(typeof maskSecrets({ text }).text).toBe('string')
    }
  })
})

describe('redactionOf', () => {
  it('takes out what the host names, by key in any spelling and by pattern', () => {
    const { value, text } = redactionOf({ secrets: false, keys: ['birth_date', /^x-/], patterns: [/\b\d{3}-\d{4}\b/] })
    expect(
      value({ birthDate: '2000-01-01', 'x-a': 1, 'ax-': 1, password: 'x', note: 'call 555-1234 or 555-9999' }),
    ).toEqual({
      birthDate: gone,
      'x-a': gone,
      'ax-': 1,
      password: 'x',
      note: `call ${gone} or ${gone}`,
    })
    expect(text('phone:555-1234')).toBe(`phone:${gone}`)
  })

  it('does not remember where a regular expression of the host stopped', () => {
    const { value } = redactionOf({ keys: [/id/g], patterns: [/a/y] })
    for (let round = 0; round < 3; round += 1)
      expect(value({ id: 1, text: 'ba' })).toEqual({ id: gone, text: `b${gone}` })
  })

  it('refuses options that cannot be meant', () => {
    for (const options of ['all', { keys: [5] }, { patterns: ['x'] }, null]) {
      expect(codeOf(() => redactionOf(options as never))).toBe('option_invalid')
    }
  })
})
