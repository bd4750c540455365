import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createSigner,
  createSignerFor,
  createVerifier,
  formatVerifierKey,
  generateKey,
  openNote,
  parseVerifierKey,
  signNote,
} from '../../../src/tlog/index.ts'
import { ed25519 } from '../../../src/tlog/ed25519.ts'
import { codeOf, codeOfAsync } from '../../support/error-code.ts'
import { oneByteMutations } from '../../support/mutations.ts'

const seed = new Uint8Array(32).fill(7)
const { publicKey } = await ed25519.signingKey(seed)
const verifierKey = 'example.com/audit+f80c4422+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs'
const signerKey = 'PRIVATE+KEY+example.com/audit+f80c4422+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH'
const cosignerKey = 'witness.example/w1+aa4a09d1+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs'

test('a verifier key is name, key ID and key', () => {
  expect(formatVerifierKey('example.com/audit', 'ed25519', publicKey)).toBe(verifierKey)
  expect(formatVerifierKey('witness.example/w1', 'cosignature/v1', publicKey)).toBe(cosignerKey)
  expect(parseVerifierKey(verifierKey)).toEqual({
    name: 'example.com/audit',
    keyId: 0xf80c4422,
    type: 'ed25519',
    publicKey,
  })
  expect(parseVerifierKey(cosignerKey).type).toBe('cosignature/v1')
})

test('a key that is parsed is the one that was formatted', () => {
  const names = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 60 })
    .map((name) => name.replaceAll(/[\p{White_Space}+\p{Cc}]/gu, '_'))
  const types = fc.constantFrom('ed25519' as const, 'cosignature/v1' as const)
  fc.assert(
    fc.property(names, types, fc.uint8Array({ minLength: 32, maxLength: 32 }), (name, type, publicKey) => {
      const key = formatVerifierKey(name, type, publicKey)
      const { keyId: _, ...parts } = parseVerifierKey(key)
      expect(parts).toEqual({ name, type, publicKey })
      expect(codeOf(() => createVerifier(key))).toBe('ok')
    }),
  )
})

test('no verifier key that was changed in one byte is accepted', () => {
  for (const key of [verifierKey, cosignerKey]) {
    for (const mutation of oneByteMutations(key)) {
      const verdict = codeOf(() => parseVerifierKey(Buffer.from(mutation).toString('latin1')))
      expect(['key_malformed', 'key_unsupported']).toContain(verdict)
    }
  }
})

test('no signer key that was changed in one byte is accepted', async () => {
  expect(await codeOfAsync(createSigner(signerKey))).toBe('ok')
  for (const mutation of oneByteMutations(signerKey)) {
    const verdict = await codeOfAsync(createSigner(Buffer.from(mutation).toString('latin1')))
    expect(['key_malformed', 'key_unsupported']).toContain(verdict)
  }
})

test('errors do not repeat a secret key', async () => {
  const cut = signerKey.slice(0, -1)
  await expect(createSigner(cut)).rejects.toSatisfy(
    (error: Error) => !JSON.stringify([error.message, error]).includes('BwcH'),
  )
})

test.each([
  ['', 'key_malformed'],
  ['example.com/audit', 'key_malformed'],
  ['example.com/audit+f80c4422', 'key_malformed'],
  ['+f80c4422+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs', 'key_malformed'],
  [verifierKey.toUpperCase(), 'key_malformed'],
  [`${verifierKey}\n`, 'key_malformed'],
  [verifierKey.replace('f80c4422', 'F80C4422'), 'key_malformed'],
  [verifierKey.replace('example.com/audit', 'example.com audit'), 'key_malformed'],
  [verifierKey.replace('example.com/audit', 'example.com\u{a0}audit'), 'key_malformed'],
  [verifierKey.replace('example.com/audit', 'other.example'), 'key_malformed'],
  ['example.com/audit+f80c4422+', 'key_malformed'],
  ['example.com/audit+f80c4422+AQ==', 'key_malformed'],
  // ECDSA and ML-DSA-44 keys are well-formed and not for us.
  ['example.com/audit+f80c4422+AgAA', 'key_unsupported'],
  ['example.com/audit+f80c4422+BgAA', 'key_unsupported'],
  ['x'.repeat(1e8), 'key_malformed'],
  [null as unknown as string, 'key_malformed'],
])('%.40s is refused', (key, code) => {
  expect(codeOf(() => parseVerifierKey(key))).toBe(code)
})

test('what cannot name a key makes none', async () => {
  for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u{2003}b', 'a\0b', '\u{d800}']) {
    expect(await codeOfAsync(generateKey(name))).toBe('key_malformed')
  }
  expect(codeOf(() => formatVerifierKey('a', 'ed25519', new Uint8Array(31)))).toBe('key_malformed')
})

test('a key that was generated signs what its verifier key opens', async () => {
  const keys = await generateKey('example.com/new')
  const note = await signNote('text\n', [await createSigner(keys.signerKey)])
  expect((await openNote(note, [createVerifier(keys.verifierKey)])).text).toBe('text\n')
  expect((await generateKey('example.com/new')).signerKey).not.toBe(keys.signerKey)
})

test('a key service that signs with another key is found out before the note leaves', async () => {
  const other = await ed25519.signingKey(new Uint8Array(32).fill(8))
  const service = { publicKey, sign: async (message: Uint8Array) => other.sign(message) }
  const signer = createSignerFor('example.com/audit', 'ed25519', service)
  expect(signer.keyId).toBe(0xf80c4422)
  expect(await codeOfAsync(signNote('text\n', [signer]))).toBe('signature_invalid')
})
