import { cosignatureVerifier } from './cosignature.ts'
import { ed25519 } from './ed25519.ts'
import { signatureBytes } from './ed25519-key.ts'
import type { Verifier } from './note.ts'
import { parseVerifierKey, type VerifierKey } from './note-key.ts'

/**
 * The verifier for a verifier key: of a log's signatures for type `ed25519`, of a witness's cosignatures for
 * `cosignature/v1`. In Node it answers at once, in a browser with a promise; a runtime without Ed25519 says so with
 * code `crypto_unavailable` when a signature is to be verified.
 *
 * @param verifierKey e.g. `example.com/audit+f80c4422+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs`
 * @throws AuditLogError `key_malformed`; `key_unsupported` when it is of another signature type
 */
export function createVerifier(verifierKey: string): Verifier {
  return verifierOf(parseVerifierKey(verifierKey))
}

/** The verifier for a key that was parsed. */
export function verifierOf({ name, keyId, type, publicKey }: VerifierKey): Verifier {
  const verify = ed25519.verifier(publicKey)
  return {
    name,
    keyId,
    verify:
      type === 'cosignature/v1'
        ? cosignatureVerifier(verify)
        : (text, signature) => signature.length === signatureBytes && verify(text, signature),
  }
}
