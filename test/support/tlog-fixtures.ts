import {
  createSigner,
  createVerifier,
  formatCheckpoint,
  generateKey,
  type KeyPair,
  type NoteSignature,
  parseNote,
  type SignatureType,
  type Signer,
  signNote,
  type TreeHead,
  type Verifier,
} from '../../src/tlog/index.ts'

/** A key pair with all that can be made of it. */
export interface Keys extends KeyPair {
  readonly signer: Signer
  readonly verifier: Verifier
}

/** When the witnesses of the tests sign, in seconds since 1970. */
export const cosignedAt = 1_800_000_000

export async function makeKeys(name: string, type: SignatureType = 'ed25519'): Promise<Keys> {
  const pair = await generateKey(name, type)
  const signer = await createSigner(pair.signerKey, { now: () => cosignedAt * 1000 + 999 })
  return { ...pair, signer, verifier: createVerifier(pair.verifierKey) }
}

export const origin = 'log.example/audit'

/** A signed checkpoint of the log of the tests. */
export function signCheckpoint(
  head: TreeHead,
  signers: readonly Keys[],
  extensions: readonly string[] = [],
): Promise<string> {
  return signNote(
    formatCheckpoint({ origin, ...head, extensions }),
    signers.map(({ signer }) => signer),
  )
}

/** The signatures of a note, as they stand in it. */
export function signaturesOf(note: string): readonly NoteSignature[] {
  return parseNote(note).signatures
}
