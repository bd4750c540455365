import { beforeAll, describe, expect, test } from 'vitest'
import { checkCheckpoint, checkProof, isLogKey } from '../../../../../src/console/browser/model/check-proof.ts'
import { cosignersOf } from '../../../../../src/console/browser/model/integrity.ts'
import {
  createSigner,
  formatCheckpoint,
  formatTlogProof,
  generateKey,
  hashLeaf,
  hashNode,
  parseNote,
  signNote,
} from '../../../../../src/tlog/index.ts'
import { sampleEntry } from '../../../../support/sample-entry.ts'

const entry = sampleEntry()
let key: { signerKey: string; verifierKey: string }
let proof: string
let note: string

beforeAll(async () => {
  key = await generateKey('log.example/a')
  const sibling = hashLeaf(new Uint8Array(32))
  const rootHash = hashNode(hashLeaf(Uint8Array.from(Buffer.from(entry.entry_hash, 'hex'))), sibling)
  const text = formatCheckpoint({ origin: 'log.example/a', size: 2, rootHash, extensions: [] })
  note = await signNote(text, [await createSigner(key.signerKey)])
  proof = formatTlogProof({ index: 0, hashes: [sibling], checkpoint: note })
})

const results = (checks: readonly { result: string }[]): string[] => checks.map(({ result }) => result)

describe('an entry with its proof', () => {
  test('passes with the key of the log', async () => {
    const checked = await checkProof(entry, proof, key.verifierKey)
    expect(results(checked.checks)).toEqual(['passed', 'passed', 'passed'])
    expect(checked).toMatchObject({ leafIndex: 0, treeSize: 2 })
  })

  test('is not called signed without a key', async () => {
    const { checks } = await checkProof(entry, proof, undefined)
    expect(checks.at(-1)).toEqual({ name: 'signature', result: 'unknown', code: 'key_missing' })
  })

  test('fails with the key of another log', async () => {
    const { verifierKey } = await generateKey('log.example/a')
    expect((await checkProof(entry, proof, verifierKey)).checks.at(-1)).toMatchObject({
      result: 'failed',
      code: 'note_unverified',
    })
  })

  test('fails when a field was edited', async () => {
    const { checks } = await checkProof({ ...entry, user_id: 'mallory' }, proof, key.verifierKey)
    expect(checks[0]).toMatchObject({ name: 'hash', result: 'failed' })
  })

  test('fails when the hash was edited to fit', async () => {
    const { checks } = await checkProof({ ...entry, entry_hash: 'a'.repeat(64) }, proof, key.verifierKey)
    expect(results(checks)).toEqual(['failed', 'failed', 'passed'])
  })

  test.each(['', 'nonsense', 'c2sp.org/tlog-proof@v1\nindex 0\n\nx'])('fails with the proof %j', async (file) => {
    expect(results((await checkProof(entry, file, key.verifierKey)).checks)).toEqual(['passed', 'failed', 'failed'])
  })

  test('waits for a checkpoint that covers it', async () => {
    expect(results((await checkProof(entry, null, key.verifierKey)).checks)).toEqual(['passed', 'unknown', 'unknown'])
  })
})

describe('a checkpoint', () => {
  test('is checked with every key that the log has had', async () => {
    const other = await generateKey('log.example/a')
    expect((await checkCheckpoint(note, `${other.verifierKey} ${key.verifierKey}`)).result).toBe('passed')
  })

  test('is neither right nor wrong when the key is none', async () => {
    expect(await checkCheckpoint(note, 'nonsense')).toMatchObject({ result: 'unknown', code: 'key_malformed' })
  })

  test('is wrong when it was altered', async () => {
    expect(await checkCheckpoint(note.replace('\n2\n', '\n3\n'), key.verifierKey)).toMatchObject({
      result: 'failed',
      code: 'signature_invalid',
    })
  })
})

test('a key of a log is told from other texts', async () => {
  expect(isLogKey(key.verifierKey)).toBe(true)
  expect(isLogKey(key.signerKey)).toBe(false)
  expect(isLogKey((await generateKey('w', 'cosignature/v1')).verifierKey)).toBe(false)
})

describe('cosignatures', () => {
  test('are verified with the witnesses of a policy, and with nothing else', async () => {
    const witness = await generateKey('witness.example/w', 'cosignature/v1')
    const signers = [await createSigner(key.signerKey), await createSigner(witness.signerKey)]
    const cosigned = await signNote(parseNote(note).text, signers)
    const policy = (key: string): string => `log ${logKey}\nwitness w ${key}\nquorum w`
    const logKey = key.verifierKey
    const verifiedOf = async (note: string, trusted: string): Promise<unknown[]> => {
      const { result, quorum, verified } = await checkCheckpoint(note, trusted)
      return [result, quorum, cosignersOf(note, verified).map(({ verified }) => verified)]
    }
    expect(await verifiedOf(cosigned, policy(witness.verifierKey))).toEqual(['passed', true, [true]])
    expect(await verifiedOf(cosigned, logKey)).toEqual(['passed', undefined, [false]])
    expect(await verifiedOf(note, policy(witness.verifierKey))).toEqual(['passed', false, []])
    const other = await generateKey('witness.example/w', 'cosignature/v1')
    expect(await verifiedOf(cosigned, policy(other.verifierKey))).toEqual(['passed', false, [false]])
    // Under the name and key ID of the witness, but not by it.
    const lines = cosigned.split('\n')
    const forged = lines
      .map((line) => (line.includes('witness.example') ? `${line.slice(0, -8)}AAAAAAA=` : line))
      .join('\n')
    expect(await checkCheckpoint(forged, policy(witness.verifierKey))).toMatchObject({ result: 'failed' })
  })

  test('are asked for by a policy that can be read', async () => {
    expect(isLogKey(`log ${key.verifierKey}\nquorum none`)).toBe(true)
    expect(isLogKey(`log ${key.verifierKey}\nquorum w`)).toBe(false)
    expect(await checkCheckpoint(note, 'quorum none x')).toMatchObject({ result: 'unknown', code: 'policy_malformed' })
  })
})
