/** The part of `node:crypto` that this folder uses. */
export interface NodeCrypto {
  readonly hash?: (algorithm: string, data: Uint8Array, encoding: 'binary') => string
  createPublicKey(key: NodeKeyInput | NodeKey): NodeKey
  createPrivateKey(key: NodeKeyInput): NodeKey
  sign(algorithm: null, message: Uint8Array, key: NodeKey): Uint8Array
  verify(algorithm: null, message: Uint8Array, key: NodeKey, signature: Uint8Array): boolean
}

/** The part of Node's `Buffer` that this folder uses. */
export interface NodeBuffer {
  from(
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ): { write(text: string, at: number, encoding: 'latin1'): number }
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

const node = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process

/**
 * Node's own cryptography, or undefined in a browser. It is asked for at run time instead of imported, so that the same
 * module loads in a browser.
 */
export const nodeCrypto: NodeCrypto | undefined = node?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined

/** Node's own `Buffer`, or undefined in a browser. */
export const nodeBuffer: NodeBuffer | undefined = (
  node?.getBuiltinModule?.('node:buffer') as { Buffer: NodeBuffer } | undefined
)?.Buffer
