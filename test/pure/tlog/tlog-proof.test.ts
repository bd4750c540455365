import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatTlogProof,
  hashLeaf,
  hashNode,
  parsePolicy,
  parseTlogProof,
  type TlogProof,
  trustLogs,
  verifyTlogProof,
} from '../../../src/tlog/index.ts'
import { codeOf, codeOfAsync } from '../../support/error-code.ts'
import { headOf, inclusionProof, sampleData } from '../../support/merkle-reference.ts'
import { oneByteMutations } from '../../support/mutations.ts'
import { cosignedAt, makeKeys, origin, signCheckpoint } from '../../support/tlog-fixtures.ts'

const log = await makeKeys(origin)
const witness = await makeKeys('witness.example/w1', 'cosignature/v1')
const data = sampleData(7)
const head = headOf(data)
const policy = trustLogs([log.verifierKey])
const parts: TlogProof = {
  index: 5,
  hashes: inclusionProof(5, data),
  checkpoint: await signCheckpoint(head, [log]),
}
const proof = formatTlogProof(parts)
const smaller = await signCheckpoint(headOf(sampleData(6)), [log])
const verdict = (proof: string | Uint8Array, leaf = data[5]!, by = policy): Promise<string> =>
  codeOfAsync(verifyTlogProof(proof, leaf, by))

test('a proof has the form of the specification', () => {
  const hash = '[A-Za-z0-9+/]{43}='
  expect(proof).toMatch(
    new RegExp(`^c2sp.org/tlog-proof@v1\\nindex 5\\n(${hash}\\n){3}\\n${origin}\\n7\\n${hash}\\n\\n\\u2014 `),
  )
  expect(formatTlogProof({ ...parts, extra: Uint8Array.of(1, 2) })).toBe(proof.replace('@v1\n', '@v1\nextra AQI=\n'))
})

test('a proof shows where in which tree the data are', async () => {
  expect(await verifyTlogProof(proof, data[5]!, policy)).toMatchObject({ index: 5, checkpoint: { origin, ...head } })
  expect(await verdict(new TextEncoder().encode(proof))).toBe('ok')
})

test('every leaf of every small tree is proved, and no other data', async () => {
  for (let size = 1; size <= 7; size += 1) {
    const tree = data.slice(0, size)
    const checkpoint = await signCheckpoint(headOf(tree), [log])
    for (const [index, leaf] of tree.entries()) {
      const proof = formatTlogProof({ index, hashes: inclusionProof(index, tree), checkpoint })
      expect(await verdict(proof, leaf)).toBe('ok')
      expect(await verdict(proof, data[(index + 1) % 7])).toBe('proof_invalid')
    }
  }
})

test('no proof that was changed in one byte verifies', async () => {
  for (const mutation of oneByteMutations(proof)) expect(await verdict(mutation)).not.toBe('ok')
})

test('nothing protects the extra data, which are not part of what is verified', async () => {
  const extended = formatTlogProof({ ...parts, extra: Uint8Array.of(1, 2) })
  expect(Object.keys(await verifyTlogProof(extended, data[5]!, policy))).toEqual(['index', 'checkpoint'])
  expect(await verdict(extended.replace('AQI=', 'AQM='))).toBe('ok')
})

test('a proof is verified under a policy with witnesses', async () => {
  const cosigned = formatTlogProof({ ...parts, checkpoint: await signCheckpoint(head, [log, witness]) })
  const strict = parsePolicy(`log ${log.verifierKey}\nwitness soc ${witness.verifierKey}\nquorum soc\n`)
  expect(await verdict(proof, data[5], strict)).toBe('quorum_missing')
  expect((await verifyTlogProof(cosigned, data[5]!, strict)).checkpoint.cosignatures).toEqual([
    { witness: 'soc', timeSeconds: cosignedAt },
  ])
})

test('a proof that was made before the key was changed stays good', async () => {
  const renewed = await makeKeys(origin)
  expect(await verdict(proof, data[5], trustLogs([renewed.verifierKey, log.verifierKey]))).toBe('ok')
  expect(await verdict(proof, data[5], trustLogs([renewed.verifierKey]))).toBe('note_unverified')
})

test('a proof that is parsed is the one that was formatted', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const extra = fc.option(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { nil: undefined })
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.array(hash, { maxLength: 63 }), extra, (index, hashes, extra) => {
      const proof = { index, hashes, checkpoint: parts.checkpoint, ...(extra === undefined ? {} : { extra }) }
      expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof)
    }),
  )
})

describe('a proof does not verify that', () => {
  const refused: Record<string, Partial<TlogProof>> = {
    'has one hash less': { hashes: parts.hashes.slice(1) },
    'has one hash more': { hashes: [...parts.hashes, head.rootHash] },
    'has its hashes in another order': { hashes: parts.hashes.toReversed() },
    'has the index of a neighbour': { index: 4 },
    'has an index beyond the tree': { index: 7 },
    'has the largest index': { index: Number.MAX_SAFE_INTEGER },
    'is of another tree': { checkpoint: smaller },
  }
  test.each(Object.entries(refused))('%s', async (_, change) => {
    expect(await verdict(formatTlogProof({ ...parts, ...change }))).toBe('proof_invalid')
  })
})

test('an inner node is not proved as if it were data', async () => {
  const [left, right] = [hashLeaf(data[4]!), hashLeaf(data[5]!)]
  const shortened = formatTlogProof({
    index: 2,
    hashes: parts.hashes.slice(1),
    checkpoint: await signCheckpoint({ ...head, size: 4 }, [log]),
  })
  expect(await verdict(shortened, hashNode(left, right))).toBe('proof_invalid')
  expect(await verdict(shortened, Uint8Array.of(...left, ...right))).toBe('proof_invalid')
})

describe('a file is no proof that', () => {
  const hash = /[A-Za-z0-9+/]{43}=\n/
  const refused: Record<string, string | Uint8Array> = {
    'is empty': '',
    'is a checkpoint alone': parts.checkpoint,
    'has another version': proof.replace('@v1', '@v2'),
    'has no first line': proof.slice(proof.indexOf('\n') + 1),
    'has an empty line first': `\n${proof}`,
    'has an empty line after the first one': proof.replace('@v1\n', '@v1\n\n'),
    'has empty extra data': proof.replace('@v1\n', '@v1\nextra \n'),
    'has extra data that are not base64': proof.replace('@v1\n', '@v1\nextra x\n'),
    'has extra data twice': proof.replace('@v1\n', '@v1\nextra AQI=\nextra AQI=\n'),
    'has extra data after the index': proof.replace('index 5\n', 'index 5\nextra AQI=\n'),
    'has no index': proof.replace('index 5\n', ''),
    'has an index with a leading zero': proof.replace('index 5', 'index 05'),
    'has a negative index': proof.replace('index 5', 'index -5'),
    'has an index of 2^53': proof.replace('index 5', 'index 9007199254740992'),
    'has two spaces before the index': proof.replace('index 5', 'index  5'),
    'has a hash of 31 bytes': proof.replace(hash, 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n'),
    'has 64 hashes': proof.replace(hash, `${'A'.repeat(43)}=\n`.repeat(62)),
    'has no empty line before the checkpoint': proof.replace('\n\n', '\n'),
    'has carriage returns': proof.replaceAll('\n', '\r\n'),
    'is 100 MB of garbage': new Uint8Array(1e8).fill(0x41),
    'is 100 MB of lines': '\n'.repeat(1e8),
    'is not UTF-8': Uint8Array.of(0xc0, 0x80),
    'is null': null as unknown as string,
  }
  test.each(Object.entries(refused))('%s', (_, proof) => {
    expect(codeOf(() => parseTlogProof(proof))).toBe('proof_malformed')
  })

  test('has something else than a checkpoint at its end', () => {
    const before = proof.slice(0, proof.indexOf('\n\n') + 2)
    expect(codeOf(() => parseTlogProof(before))).toBe('note_malformed')
    expect(codeOf(() => parseTlogProof(proof.slice(0, -1)))).toBe('note_malformed')
    expect(codeOf(() => parseTlogProof(proof.replace(`${origin}\n7`, `${origin}\n07`)))).toBe('checkpoint_malformed')
  })
})

test('what cannot be read back is not written', () => {
  expect(codeOf(() => formatTlogProof({ ...parts, index: 2 ** 53 }))).toBe('proof_malformed')
  expect(codeOf(() => formatTlogProof({ ...parts, index: 1e21 }))).toBe('proof_malformed')
  expect(codeOf(() => formatTlogProof({ ...parts, hashes: [new Uint8Array(31)] }))).toBe('proof_malformed')
  expect(codeOf(() => formatTlogProof({ ...parts, extra: new Uint8Array(0) }))).toBe('proof_malformed')
  expect(codeOf(() => formatTlogProof({ ...parts, checkpoint: 'x' }))).toBe('note_malformed')
})
