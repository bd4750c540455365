import { sha256 as portableSha256 } from '@noble/hashes/sha2'
import { nodeCrypto } from './node-crypto.ts'

/**
 * SHA-256 (FIPS 180-4) of `input`, written into `output` at `offset`. The two may overlap: the input is read before
 * anything is written.
 *
 * For the 65 bytes of a tree node this costs a third of `createHash` and less than half of `hash(..., 'buffer')`,
 * because no Buffer is made: Node hands the digest over as a string with one character per byte.
 */
export const sha256Into: (input: Uint8Array, output: Uint8Array, offset: number) => void = chooseSha256Into(
  nodeCrypto?.hash,
)

/** With Node's `hash`, or without it the portable one that a browser gets. */
export function chooseSha256Into(
  nodeHash: ((algorithm: string, data: Uint8Array, encoding: 'binary') => string) | undefined,
): typeof sha256Into {
  if (nodeHash === undefined) return (input, output, offset) => output.set(portableSha256(input), offset)
  return (input, output, offset) => {
    const digest = nodeHash('sha256', input, 'binary')
    for (let index = 0; index < 32; index += 1) output[offset + index] = digest.charCodeAt(index)
  }
}
