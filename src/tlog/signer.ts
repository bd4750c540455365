import { AuditLogError } from '../errors.ts'
import { cosign } from './cosignature.ts'
import { ed25519 } from './ed25519.ts'
import type { SigningKey } from './ed25519-key.ts'
import type { Signer } from './note.ts'
import { computeKeyId, formatVerifierKey, parseSignerKey, type SignatureType } from './note-key.ts'
import { verifierOf } from './verifier.ts'

/** How {@link createSigner} and {@link createSignerFor} sign. */
export interface SignerOptions {
  /** The clock of a cosigner: milliseconds since 1970. Default is `Date.now`. */
  readonly now?: () => number
}

/**
 * The signer for a signer key, which is held in memory: a log's for type `ed25519`, a witness's for `cosignature/v1`.
 *
 * @param signerKey `PRIVATE+KEY+<name>+<key ID>+<base64>`
 * @throws AuditLogError `key_malformed` also when the key ID is not that of the key; `key_unsupported` when it is of
 * another signature type; `crypto_unavailable` when this runtime has no Ed25519
 * @example
 * const signer = await createSigner(signerKey)
 */
export async function createSigner(signerKey: string, options: SignerOptions = {}): Promise<Signer> {
  const { name, keyId, type, seed } = parseSignerKey(signerKey)
  const signer = createSignerFor(name, type, await ed25519.signingKey(seed), options)
  if (signer.keyId !== keyId) throw new AuditLogError('key_malformed', 'the key ID is not that of the name and the key')
  return signer
}

/**
 * The verifier key that belongs to a signer key.
 *
 * @throws AuditLogError `key_malformed`, `key_unsupported`, `crypto_unavailable`
 */
export async function verifierKeyOf(signerKey: string): Promise<string> {
  const { name, type, seed } = parseSignerKey(signerKey)
  return formatVerifierKey(name, type, (await ed25519.signingKey(seed)).publicKey)
}

/**
 * The signer for a key that is kept elsewhere, e.g. in a key management service. Each signature is verified before it
 * is handed on, so that a service with another key behind it does not go unnoticed.
 *
 * @param name the log's origin, or the name of the witness
 * @param type `ed25519` for a log, `cosignature/v1` for a witness. A witness only signs checkpoints.
 * @throws AuditLogError `key_malformed` when this can be no key name or no public key. Its `sign` rejects with
 * `signature_invalid` when the signature is not one of `publicKey`, and that of a witness with `checkpoint_malformed`
 * when the text is no checkpoint.
 */
export function createSignerFor(
  name: string,
  type: SignatureType,
  key: SigningKey,
  { now = Date.now }: SignerOptions = {},
): Signer {
  const publicKey = Uint8Array.from(key.publicKey)
  const keyId = computeKeyId(name, type, publicKey)
  const verifier = verifierOf({ name, keyId, type, publicKey })
  return {
    name,
    keyId,
    sign: async (text) => {
      const signature = type === 'cosignature/v1' ? await cosign(text, key, now()) : await key.sign(text)
      if (!(await verifier.verify(text, signature))) {
        throw new AuditLogError('signature_invalid', 'the key made a signature that its own public key refuses')
      }
      return signature
    },
  }
}
