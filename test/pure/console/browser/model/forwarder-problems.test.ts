import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { problemKey } from '../../../../../src/console/browser/model/forwarders.ts'
import { english } from '../../../../../src/console/browser/strings.ts'

const root = new URL('../../../../../src/', import.meta.url).pathname
const sources = (folder: string): string =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8'))
    .join('\n')

/** What becomes of single events: it stands in the dead letter with its reason, and no status holds it. */
const ofEvents = new Set([
  'column_undeclared',
  'conflict_differs',
  'encode_failed',
  'entry_gone',
  'failure_store',
  'outcome_missing',
  'too_large',
])
/** What calls say that no forwarder has. */
const ofCalls = new Set(['closed', 'forwarder_unknown'])

/** Every code that the sources write down for a problem. */
function codes(): string[] {
  const patterns = [
    /\bcode: '([a-z_]+)'/g,
    /\bfailure\(\s*'([a-z_]+)'/g,
    /\bcodeOf\(\w+, '([a-z_]+)'/g,
    /\bAuditLogError\(\s*'([a-z_]+)'/g,
  ]
  const options = readFileSync(`${root}option.ts`, 'utf8')
  const text = [sources('sinks'), sources('settings'), options].join('\n')
  const found = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, code]) => code as string))
  return [...new Set(found)].filter((code) => !ofEvents.has(code) && !ofCalls.has(code)).sort()
}

describe('the problem of a forwarder', () => {
  test('is known by its code, whichever the sources have', () => {
    expect(codes()).toEqual(expect.arrayContaining(['unreachable', 'settings_key_wrong', 'lease_failed', 'html_page']))
    expect(codes().length).toBeGreaterThan(25)
    expect(codes().filter((code) => problemKey(code) === 'forwarder.other')).toEqual([])
    expect(problemKey('not_running')).toBe('forwarder.not_running')
  })

  test('has no words that nothing says', () => {
    const families = new Set([
      'auth',
      'busy',
      'database',
      'elastic',
      'not_running',
      'other',
      'redirect',
      'refused',
      'splunk',
    ])
    const words = Object.keys(english).flatMap((key) => /^forwarder\.(\w+)$/.exec(key)?.[1] ?? [])
    expect(words.filter((word) => !families.has(word) && !codes().includes(word))).toEqual([])
  })

  test.each([
    ['http_401', 'auth'],
    ['http_302', 'redirect'],
    ['http_404', 'refused'],
    ['http_429', 'busy'],
    ['http_503', 'busy'],
    ['splunk_code_4', 'splunk'],
    ['elastic_500', 'elastic'],
    ['cluster_block_exception', 'elastic'],
    ['57P01', 'database'],
    ['ECONNREFUSED', 'database'],
    ['privilege_missing', 'database'],
    ['what_nobody_knows', 'other'],
  ])('%s is said in words', (code, words) => {
    expect(problemKey(code)).toBe(`forwarder.${words}`)
  })
})
