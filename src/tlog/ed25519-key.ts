/**
 * A private Ed25519 key, wherever it is kept. A key management service implements this; in process it is made from 32
 * secret bytes.
 */
export interface SigningKey {
  /** The public key: 32 bytes (RFC 8032 section 5.1.5). */
  readonly publicKey: Uint8Array
  /** Signs a message with pure Ed25519 (RFC 8032 section 5.1.6): 64 bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** Whether 64 bytes are the signature of a message by one certain key. */
export type VerifySignature = (message: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>

/** Ed25519 (RFC 8032). Node answers at once, WebCrypto with promises. */
export interface Ed25519 {
  /** @param publicKey 32 bytes */
  verifier(publicKey: Uint8Array): VerifySignature
  /** @param seed the 32 secret bytes of RFC 8032 section 5.1.5 */
  signingKey(seed: Uint8Array): SigningKey | Promise<SigningKey>
}

export const publicKeyBytes = 32
export const seedBytes = 32
export const signatureBytes = 64

/** A public key as SubjectPublicKeyInfo, DER. */
export function spki(publicKey: Uint8Array): Uint8Array {
  return Uint8Array.of(...spkiPrefix, ...publicKey)
}

/** A private key as PKCS #8, DER. */
export function pkcs8(seed: Uint8Array): Uint8Array {
  return Uint8Array.of(...pkcs8Prefix, ...seed)
}

// RFC 8410 sections 4 and 7: what stands before the 32 bytes of a key.
const spkiPrefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
const pkcs8Prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
