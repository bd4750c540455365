import { describe, expect, test } from 'vitest'
import {
  addCosignatures,
  cosignatureTimeSeconds,
  createSigner,
  createVerifier,
  formatVerifierKey,
  formatSignatureLines,
  openNote,
  parseNote,
  signText,
} from '../../../src/tlog/index.ts'
import { ed25519 } from '../../../src/tlog/ed25519.ts'
import { parseVerifierKey } from '../../../src/tlog/note-key.ts'
import { codeOf, codeOfAsync } from '../../support/error-code.ts'
import { headOf, sampleData } from '../../support/merkle-reference.ts'
import { cosignedAt, type Keys, makeKeys, origin, signaturesOf, signCheckpoint } from '../../support/tlog-fixtures.ts'

const log = await makeKeys(origin)
const witness = await makeKeys('witness.example/w1', 'cosignature/v1')
const second = await makeKeys('witness.example/w2', 'cosignature/v1')
const head = headOf(sampleData(3))
const checkpoint = await signCheckpoint(head, [log], ['extension'])
const { text } = parseNote(checkpoint)

const linesOf = async (...keys: Keys[]): Promise<string> =>
  formatSignatureLines(await Promise.all(keys.map(({ signer }) => signText(text, signer))))

test('a cosignature is a time and a signature over the time and the whole text', async () => {
  const { signature } = await signText(text, witness.signer)
  expect(signature).toHaveLength(72)
  expect(cosignatureTimeSeconds({ name: '', keyId: 0, signature })).toBe(cosignedAt)
  const verify = ed25519.verifier(parseVerifierKey(witness.verifierKey).publicKey)
  const message = `cosignature/v1\ntime ${cosignedAt}\n${text}`
  expect(verify(new TextEncoder().encode(message), signature.slice(8))).toBe(true)
})

test('a cosignature does not verify with another time, length, text or type of key', async () => {
  const { signature } = await signText(text, witness.signer)
  const verdict = (signature: Uint8Array, of: string = text): unknown =>
    witness.verifier.verify(new TextEncoder().encode(of), signature)
  expect(verdict(signature)).toBe(true)
  expect(verdict(signature.with(7, signature[7]! ^ 1))).toBe(false)
  expect(verdict(signature.with(0, 0x80))).toBe(false)
  expect(verdict(signature.slice(8))).toBe(false)
  expect(verdict(Uint8Array.of(...signature, 0))).toBe(false)
  expect(verdict(new Uint8Array(0))).toBe(false)
  expect(verdict(signature, text.replace('extension', 'extensive'))).toBe(false)
  expect(log.verifier.verify(new TextEncoder().encode(text), signature)).toBe(false)
})

test('a time that no Date holds is refused, even when it is signed', async () => {
  const key = await ed25519.signingKey(new Uint8Array(32).fill(7))
  const verifier = createVerifier(formatVerifierKey('w', 'cosignature/v1', key.publicKey))
  const verdictAt = async (time: bigint): Promise<boolean> => {
    const signature = new Uint8Array(72)
    new DataView(signature.buffer).setBigUint64(0, time)
    signature.set(await key.sign(new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${text}`)), 8)
    return verifier.verify(new TextEncoder().encode(text), signature)
  }
  expect(await verdictAt(8_640_000_000_000n)).toBe(true)
  // A witness that counts microseconds.
  for (const time of [8_640_000_000_001n, 1_790_000_000_000_000n]) expect(await verdictAt(time)).toBe(false)
  expect(await verdictAt(2n ** 64n - 1n)).toBe(false)
})

test('what is no cosignature has no time', () => {
  for (const signature of [new Uint8Array(0), new Uint8Array(8), new Uint8Array(72).fill(0xff)]) {
    expect(codeOf(() => cosignatureTimeSeconds({ name: '', keyId: 0, signature }))).toBe('note_malformed')
  }
})

test('a witness signs checkpoints and nothing else', async () => {
  expect(await codeOfAsync(signText('Any text.\n', witness.signer))).toBe('checkpoint_malformed')
  expect(await codeOfAsync(signText(`${text}\n`, witness.signer))).toBe('checkpoint_malformed')
})

test('a witness without a clock does not sign', async () => {
  for (const time of [0, -1, Number.NaN, 2 ** 63 * 1000]) {
    const signer = await createSigner(witness.signerKey, { now: () => time })
    expect(await codeOfAsync(signText(text, signer))).toBe('option_invalid')
  }
  const signer = await createSigner(witness.signerKey)
  expect(Math.abs(cosignatureTimeSeconds(await signText(text, signer)) - Date.now() / 1000)).toBeLessThan(60)
})

describe('what a witness answers', () => {
  test('is added after it was verified', async () => {
    const cosigned = await addCosignatures(checkpoint, await linesOf(witness), [witness.verifier])
    expect(cosigned.startsWith(checkpoint)).toBe(true)
    expect((await openNote(cosigned, [log.verifier, witness.verifier])).signatures).toHaveLength(2)
  })

  test('takes the place of an older cosignature by the same key', async () => {
    const once = await addCosignatures(checkpoint, await linesOf(witness), [witness.verifier])
    const twice = await addCosignatures(once, await linesOf(second, witness), [witness.verifier, second.verifier])
    expect(signaturesOf(twice).map(({ name }) => name)).toEqual([origin, second.verifier.name, witness.verifier.name])
  })

  test('loses what unknown keys have signed', async () => {
    const cosigned = await addCosignatures(checkpoint, await linesOf(second, witness), [witness.verifier])
    expect(signaturesOf(cosigned)).toHaveLength(2)
  })

  test('is refused when it is of nobody that was asked', async () => {
    expect(await codeOfAsync(addCosignatures(checkpoint, await linesOf(second), [witness.verifier]))).toBe(
      'note_unverified',
    )
  })

  test('is refused when it is for another checkpoint', async () => {
    const other = await signCheckpoint(headOf(sampleData(4)), [log])
    expect(await codeOfAsync(addCosignatures(other, await linesOf(witness), [witness.verifier]))).toBe(
      'signature_invalid',
    )
  })

  test('is refused when it is no signature lines', async () => {
    const lines = await linesOf(witness)
    for (const body of ['', '\n', '<html>\n', lines.slice(0, -1), `\n${lines}`, `${text}\n${lines}`, 'x'.repeat(1e8)]) {
      expect(await codeOfAsync(addCosignatures(checkpoint, body, [witness.verifier]))).toBe('note_malformed')
    }
  })
})
