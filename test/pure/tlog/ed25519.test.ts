import { describe, expect, test, vi } from 'vitest'
import { nodeEd25519 } from '../../../src/tlog/ed25519-node.ts'
import { webEd25519 } from '../../../src/tlog/ed25519-web.ts'
import { nodeCrypto } from '../../../src/tlog/node-crypto.ts'
import { codeOfAsync } from '../../support/error-code.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

// RFC 8032 section 7.1, tests 1 to 3.
const vectors = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
].map(({ seed, publicKey, message, signature }) => ({
  seed: bytes(seed),
  publicKey: bytes(publicKey),
  message: bytes(message),
  signature: bytes(signature),
}))

describe.each([
  ['Node', nodeEd25519(nodeCrypto!)],
  ['WebCrypto', webEd25519],
])('Ed25519 of %s', (_, ed25519) => {
  test.each(vectors)('signs and verifies as RFC 8032 shows', async ({ seed, publicKey, message, signature }) => {
    const key = await ed25519.signingKey(seed)
    expect(key.publicKey).toEqual(publicKey)
    expect(await key.sign(message)).toEqual(signature)
    expect(await ed25519.verifier(publicKey)(message, signature)).toBe(true)
  })

  test('refuses every other message, key and signature', async () => {
    const { publicKey, message, signature } = vectors[2]!
    const flip = (bytes: Uint8Array): Uint8Array => bytes.with(0, bytes[0]! ^ 1)
    expect(await ed25519.verifier(publicKey)(flip(message), signature)).toBe(false)
    expect(await ed25519.verifier(publicKey)(message, flip(signature))).toBe(false)
    expect(await ed25519.verifier(vectors[1]!.publicKey)(message, signature)).toBe(false)
  })

  test('refuses a signature whose second half is not reduced', async () => {
    // RFC 8032 section 5.1.7: S + L would verify too, and be another signature of the same message.
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const { publicKey, message, signature } = vectors[1]!
    const half = BigInt(`0x${Buffer.from(signature.slice(32).toReversed()).toString('hex')}`) + order
    const grown = bytes(half.toString(16).padStart(64, '0')).toReversed()
    expect(await ed25519.verifier(publicKey)(message, Uint8Array.of(...signature.slice(0, 32), ...grown))).toBe(false)
  })
})

test('a browser without Ed25519 says so and calls no signature wrong', async () => {
  const { publicKey, message, signature } = vectors[0]!
  const verify = webEd25519.verifier(publicKey)
  vi.stubGlobal('crypto', {})
  try {
    expect(await codeOfAsync(Promise.resolve(verify(message, signature)))).toBe('crypto_unavailable')
  } finally {
    vi.unstubAllGlobals()
  }
})
