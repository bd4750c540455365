import { sha256 as portableSha256 } from '@noble/hashes/sha2'
import { type NodeCrypto, nodeCrypto } from './node-crypto.ts'

/**
 * SHA-256 (FIPS 180-4) of `input`, written into `output` at `offset`. The two may overlap: the input is read before
 * anything is written.
 *
 * For the 65 bytes of a tree node this costs less than a third of `createHash` and less than half of `hash(..., 'buffer')`,
 * because no Buffer is made: Node hands the digest over as a string, with two bytes per UTF-16 code unit.
 */
export const sha256Into: (input: Uint8Array, output: Uint8Array, offset: number) => void = chooseSha256Into(
  nodeCrypto?.hash,
)

/** With Node's `hash`, or without it the portable one that a browser gets. */
export function chooseSha256Into(nodeHash: NodeCrypto['hash']): typeof sha256Into {
  if (nodeHash === undefined) return (input, output, offset) => output.set(portableSha256(input), offset)
  return (input, output, offset) => {
    const digest = nodeHash('sha256', input, 'utf16le')
    for (let index = 0; index < 16; index += 1) {
      const unit = digest.charCodeAt(index)
      output[offset + 2 * index] = unit
      output[offset + 2 * index + 1] = unit >> 8
    }
  }
}
