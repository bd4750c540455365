import { sha256 as portableSha256 } from '@noble/hashes/sha2'
import { bytesToHex } from '@noble/hashes/utils'

interface NodeCrypto {
  readonly hash?: (algorithm: string, data: string | Uint8Array, encoding: 'hex') => string
}

// Node's own hashing is several times faster than JavaScript's. It is asked for at run time instead of imported, so that
// the same module loads in a browser.
const nodeCrypto = (
  globalThis as { process?: { getBuiltinModule?(name: string): NodeCrypto | undefined } }
).process?.getBuiltinModule?.('node:crypto')
const nodeHash = nodeCrypto?.hash
const utf8 = new TextEncoder()

/**
 * SHA-256 (FIPS 180-4) of bytes, or of a string's UTF-8 bytes.
 *
 * @returns 64 lower-case hexadecimal digits
 */
export const sha256Hex: (data: string | Uint8Array) => string =
  nodeHash === undefined
    ? (data) => bytesToHex(portableSha256(typeof data === 'string' ? utf8.encode(data) : data))
    : (data) => nodeHash('sha256', data, 'hex')
