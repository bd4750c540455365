import { AuditLogError } from '../errors.ts'
import { type Ed25519, pkcs8, spki } from './ed25519-key.ts'

/** Ed25519 of WebCrypto, as browsers have it: asynchronous. */
export const webEd25519: Ed25519 = {
  verifier(publicKey) {
    const der = unshared(spki(publicKey))
    return (message, signature) =>
      orUnavailable(async () => {
        const key = await subtle().importKey('spki', der, 'Ed25519', false, ['verify'])
        return subtle().verify('Ed25519', key, unshared(signature), unshared(message))
      })
  },
  signingKey(seed) {
    return orUnavailable(async () => {
      const key = await subtle().importKey('pkcs8', unshared(pkcs8(seed)), 'Ed25519', true, ['sign'])
      const { x = '' } = await subtle().exportKey('jwk', key)
      const publicKey = atob(x.replaceAll('-', '+').replaceAll('_', '/'))
      return {
        publicKey: Uint8Array.from(publicKey, (character) => character.charCodeAt(0)),
        sign: async (message) => new Uint8Array(await subtle().sign('Ed25519', key, unshared(message))),
      }
    })
  },
}

function subtle(): typeof globalThis.crypto.subtle {
  return globalThis.crypto.subtle
}

// What browsers' types want to know; nothing here lies in memory that threads share.
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}

// Not knowing is neither yes nor no: without Ed25519, or on a page without TLS, nothing is said about a signature.
async function orUnavailable<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (cause) {
    throw new AuditLogError('crypto_unavailable', 'this runtime has no Ed25519', { cause })
  }
}
