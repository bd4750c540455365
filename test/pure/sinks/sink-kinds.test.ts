import { describe, expect, it } from 'vitest'
import { sinkOfConfiguration } from '../../../src/sinks/index.ts'

const required: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  splunk: { url: 'https://splunk.example.com:8088', token: 's3cret' },
  elastic: { url: 'https://es.example.com:9200', apiKey: 's3cret' },
  sentinel: {
    url: 'https://dce.example.com',
    dcrImmutableId: 'dcr-0123456789abcdef0123456789abcdef',
    credential: { tenantId: 'tenant', clientId: 'app-id', clientSecret: 's3cret' },
  },
  qradar: { host: 'qradar.example.com', hostname: 'app01.example.com' },
  syslog: { host: 'syslog.example.com', hostname: 'app01.example.com' },
  http: { url: 'https://collector.example.com/events' },
  ndjson: { file: '/var/log/audit/audit.ndjson' },
}

describe('a sink from configuration', () => {
  it.each(Object.entries(required))('of kind %s takes its options and no others', (kind, options) => {
    expect(sinkOfConfiguration({ kind, ...options }).description).toContain(kind)
    for (const name of ['tokn', 'constructor', '__proto__', 'maxInflight', 's\u001b[2Jx']) {
      const misspelt = { kind, ...options, ...(JSON.parse(`{${JSON.stringify(name)}:"s3cret"}`) as object) }
      const make = (): unknown => sinkOfConfiguration(misspelt)
      expect(make).toThrow(expect.objectContaining({ code: 'option_invalid' }))
      for (const hidden of ['s3cret', '\u001b']) expect(make).not.toThrow(hidden)
    }
  })

  it.each([undefined, 'none', 'constructor', '__proto__', 5, null])('of kind %j is none', (kind) => {
    expect(() => sinkOfConfiguration({ kind })).toThrow(expect.objectContaining({ path: '$.kind' }))
  })
})
