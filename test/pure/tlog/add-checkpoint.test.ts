import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatAddCheckpoint, parseAddCheckpoint } from '../../../src/tlog/index.ts'
import { codeOf } from '../../support/error-code.ts'
import { consistencyProof, headOf, sampleData } from '../../support/merkle-reference.ts'
import { oneByteMutations } from '../../support/mutations.ts'
import { makeKeys, origin, signCheckpoint } from '../../support/tlog-fixtures.ts'

const data = sampleData(7)
const checkpoint = await signCheckpoint(headOf(data), [await makeKeys(origin)])
const request = { oldSize: 3, proof: consistencyProof(3, data), checkpoint }
const body = formatAddCheckpoint(request)

test('a request has the form of the specification', () => {
  expect(body).toMatch(/^old 3\n([A-Za-z0-9+/]{43}=\n){4}\nlog\.example\/audit\n7\n/)
  expect(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint })).toBe(`old 0\n\n${checkpoint}`)
})

test('a request that is parsed is the one that was formatted', () => {
  const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 })
  fc.assert(
    fc.property(fc.maxSafeNat(), hashes, (oldSize, proof) => {
      const request = { oldSize, proof, checkpoint }
      expect(parseAddCheckpoint(new TextEncoder().encode(formatAddCheckpoint(request)))).toEqual(request)
    }),
  )
})

test('no two bodies are the same request', () => {
  for (const mutation of oneByteMutations(body)) {
    if (codeOf(() => parseAddCheckpoint(mutation)) === 'ok') {
      expect(formatAddCheckpoint(parseAddCheckpoint(mutation))).toBe(Buffer.from(mutation).toString())
    }
  }
})

describe('a body is no request that', () => {
  const hash = `${'A'.repeat(43)}=\n`
  const refused: Record<string, string | Uint8Array> = {
    'is empty': '',
    'is a checkpoint alone': checkpoint,
    'has no old size': body.replace('old 3\n', ''),
    'has an old size with a leading zero': body.replace('old 3', 'old 03'),
    'has a negative old size': body.replace('old 3', 'old -3'),
    'has an old size of 2^53': body.replace('old 3', 'old 9007199254740992'),
    'has 64 hashes': `old 3\n${hash.repeat(64)}\n${checkpoint}`,
    'has a hash of 31 bytes': `old 3\n${'A'.repeat(42)}==\n\n${checkpoint}`,
    'has no empty line': 'old 3\n',
    'has carriage returns': body.replaceAll('\n', '\r\n'),
    'is 100 MB of garbage': new Uint8Array(1e8).fill(0x41),
    'is not UTF-8': Uint8Array.of(0xff),
  }
  test.each(Object.entries(refused))('%s', (_, body) => {
    expect(codeOf(() => parseAddCheckpoint(body))).toBe('request_malformed')
  })
})
