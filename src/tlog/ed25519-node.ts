import { type Ed25519, pkcs8, spki } from './ed25519-key.ts'
import type { NodeCrypto } from './node-crypto.ts'

/** Ed25519 of `node:crypto`: synchronous. */
export function nodeEd25519(crypto: NodeCrypto): Ed25519 {
  return {
    verifier(publicKey) {
      const key = crypto.createPublicKey({ key: spki(publicKey), format: 'der', type: 'spki' })
      return (message, signature) => crypto.verify(null, message, key, signature)
    },
    signingKey(seed) {
      const key = crypto.createPrivateKey({ key: pkcs8(seed), format: 'der', type: 'pkcs8' })
      const publicKey = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' })
      return {
        publicKey: new Uint8Array(publicKey.subarray(-32)),
        sign: (message) => new Uint8Array(crypto.sign(null, message, key)),
      }
    },
  }
}
