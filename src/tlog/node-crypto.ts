/** The part of `node:crypto` that this folder uses. */
export interface NodeCrypto {
  readonly hash?: (algorithm: string, data: Uint8Array, encoding: 'utf16le') => string
  createPublicKey(key: NodeKeyInput | NodeKey): NodeKey
  createPrivateKey(key: NodeKeyInput): NodeKey
  sign(algorithm: null, message: Uint8Array, key: NodeKey): Uint8Array
  verify(algorithm: null, message: Uint8Array, key: NodeKey, signature: Uint8Array): boolean
}

/** A `KeyObject`. */
interface NodeKey {
  export(options: { readonly format: 'der'; readonly type: 'spki' }): Uint8Array
}

interface NodeKeyInput {
  readonly key: Uint8Array
  readonly format: 'der'
  readonly type: 'spki' | 'pkcs8'
}

/**
 * Node's own cryptography, or undefined in a browser. It is asked for at run time instead of imported, so that the same
 * module loads in a browser.
 */
export const nodeCrypto: NodeCrypto | undefined = (
  globalThis as { process?: { getBuiltinModule?(name: string): NodeCrypto | undefined } }
).process?.getBuiltinModule?.('node:crypto')
