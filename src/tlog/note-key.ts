import { sha256Hex } from '../canonical/sha256.ts'
import { AuditLogError } from '../errors.ts'
import { ed25519 } from './ed25519.ts'
import { publicKeyBytes, seedBytes } from './ed25519-key.ts'
import { decodeBase64, decodeText, encodeBase64, encodeUtf8, hasControlCharacters } from './strict-text.ts'

/**
 * What a key signs with (c2sp.org/signed-note, "Signature types"): plain Ed25519 for the log itself, or a timestamped
 * cosignature (c2sp.org/tlog-cosignature) for a witness. ML-DSA-44 is not supported.
 */
export type SignatureType = 'ed25519' | 'cosignature/v1'

/** The parts of a verifier key. */
export interface VerifierKey {
  /** Key name: for a log's key its origin. */
  readonly name: string
  /** Key ID, an unsigned 32-bit number. It tells keys of one name apart and secures nothing. */
  readonly keyId: number
  readonly type: SignatureType
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

/** The parts of a signer key. */
interface SignerKey {
  readonly name: string
  readonly keyId: number
  readonly type: SignatureType
  /** The 32 secret bytes. */
  readonly seed: Uint8Array
}

/** A new pair of keys as text. */
export interface KeyPair {
  /** Secret: `PRIVATE+KEY+<name>+<key ID>+<base64>`, as Go's sumdb/note writes it. */
  readonly signerKey: string
  /** Public: `<name>+<key ID>+<base64>`. */
  readonly verifierKey: string
}

/**
 * Makes a key pair from the runtime's random numbers.
 *
 * @param name without white space and `+`; best a URL without scheme, e.g. `example.com/audit`. The key name of a log's
 * key is the log's origin.
 * @param type `ed25519` for a log, `cosignature/v1` for a witness
 * @throws AuditLogError `key_malformed` when this can be no key name
 * @example
 * const { signerKey, verifierKey } = await generateKey('example.com/audit')
 */
export async function generateKey(name: string, type: SignatureType = 'ed25519'): Promise<KeyPair> {
  const seed = crypto.getRandomValues(new Uint8Array(seedBytes))
  const { publicKey } = await ed25519.signingKey(seed)
  const verifierKey = formatVerifierKey(name, type, publicKey)
  return {
    signerKey: `${signerKeyPrefix}${formatKey(name, computeKeyId(name, type, publicKey), type, seed)}`,
    verifierKey,
  }
}

/**
 * A verifier key as text (c2sp.org/signed-note, "Verifier keys").
 *
 * @param publicKey 32 bytes
 * @throws AuditLogError `key_malformed` when this can be no key name or no public key
 */
export function formatVerifierKey(name: string, type: SignatureType, publicKey: Uint8Array): string {
  return formatKey(name, computeKeyId(name, type, publicKey), type, publicKey)
}

/**
 * Reads a verifier key. Only the one way to write a key is taken, and its key ID must fit.
 *
 * @throws AuditLogError `key_malformed`; `key_unsupported` when it is of another signature type
 */
export function parseVerifierKey(verifierKey: string): VerifierKey {
  const { name, keyId, type, material: publicKey } = parseKey(verifierKey)
  if (computeKeyId(name, type, publicKey) !== keyId) throw malformed('the key ID is not that of the name and the key')
  return { name, keyId, type, publicKey }
}

/**
 * Reads a signer key. That its key ID belongs to it is seen when the public key is derived, by `createSigner`.
 *
 * @throws AuditLogError `key_malformed`; `key_unsupported` when it is of another signature type
 */
export function parseSignerKey(signerKey: string): SignerKey {
  const text = decodeText(signerKey, maximumLength, 'key_malformed')
  if (!text.startsWith(signerKeyPrefix)) throw malformed('expected a signer key, which begins with PRIVATE+KEY+')
  const { name, keyId, type, material: seed } = parseKey(text.slice(signerKeyPrefix.length))
  return { name, keyId, type, seed }
}

/**
 * The key ID: the first four bytes of SHA-256(name || newline || signature type || public key) (c2sp.org/signed-note,
 * "Signatures").
 *
 * @throws AuditLogError `key_malformed` when this can be no key name or no public key
 */
export function computeKeyId(name: string, type: SignatureType, publicKey: Uint8Array): number {
  if (!isKeyName(name)) throw malformed('expected a key name without white space, control characters and +')
  if (publicKey.length !== publicKeyBytes) throw malformed(`expected a public key of ${publicKeyBytes} bytes`)
  return Number.parseInt(
    sha256Hex(Uint8Array.of(...encodeUtf8(`${name}\n`), typeBytes[type], ...publicKey)).slice(0, 8),
    16,
  )
}

/** Whether a text can name a key: not empty, Unicode, no white space, no `+` (c2sp.org/signed-note, "Format"). */
export function isKeyName(name: string): boolean {
  return /^[^\p{White_Space}+]+$/u.test(name) && name.isWellFormed() && !hasControlCharacters(name)
}

const signerKeyPrefix = 'PRIVATE+KEY+'
const typeBytes: Readonly<Record<SignatureType, number>> = { ed25519: 0x01, 'cosignature/v1': 0x04 }
const maximumLength = 10_000

function formatKey(name: string, keyId: number, type: SignatureType, material: Uint8Array): string {
  return `${name}+${keyId.toString(16).padStart(8, '0')}+${encodeBase64(Uint8Array.of(typeBytes[type], ...material))}`
}

function parseKey(key: string): { name: string; keyId: number; type: SignatureType; material: Uint8Array } {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(decodeText(key, maximumLength, 'key_malformed'))
  const [, name = '', keyId = '', encoded = ''] = match ?? []
  const [typeByte, ...material] = decodeBase64(encoded) ?? []
  if (!isKeyName(name) || typeByte === undefined) throw malformed('expected <name>+<key ID>+<base64>')
  const type = (Object.keys(typeBytes) as SignatureType[]).find((type) => typeBytes[type] === typeByte)
  if (type === undefined) throw new AuditLogError('key_unsupported', 'the key is neither Ed25519 nor cosignature/v1')
  // The public key and the seed have the same length.
  if (material.length !== publicKeyBytes) throw malformed(`expected a key of ${publicKeyBytes} bytes`)
  return { name, keyId: Number.parseInt(keyId, 16), type, material: Uint8Array.from(material) }
}

function malformed(reason: string): AuditLogError {
  return new AuditLogError('key_malformed', reason)
}
