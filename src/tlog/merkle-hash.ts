import { AuditLogError } from '../errors.ts'
import { sha256 } from './sha256.ts'

/** Length of a hash in bytes: SHA-256. */
export const hashBytes = 32

/** In front of a leaf's data in the preimage of its hash (RFC 6962 section 2.1). */
export const leafPrefix = 0x00
/** In front of the two hashes in the preimage of a node's hash. */
export const nodePrefix = 0x01

/** The root hash of the tree without leaves: SHA-256 of the empty string (RFC 6962 section 2.1). */
export function emptyRoot(): Uint8Array {
  return hashOf(new Uint8Array(0))
}

/**
 * The hash of a leaf: SHA-256(0x00 || data) (RFC 6962 section 2.1).
 *
 * @param data the leaf's data; in this library's logs the 32 bytes of an entry's `entry_hash`
 * @returns 32 bytes
 * @throws AuditLogError `option_invalid` when the data are no bytes, e.g. an `entry_hash` that is still text
 */
export function hashLeaf(data: Uint8Array): Uint8Array {
  if (!(data instanceof Uint8Array)) throw new AuditLogError('option_invalid', 'expected the data of a leaf as bytes')
  const preimage = new Uint8Array(1 + data.length)
  preimage[0] = leafPrefix
  preimage.set(data, 1)
  return hashOf(preimage)
}

/**
 * The hashes of many leaves of 32 bytes each, as {@link hashLeaf} makes them one by one.
 *
 * @param data the leaves' data side by side: a multiple of 32 bytes
 * @returns the leaf hashes side by side, as long as `data`
 * @throws AuditLogError `option_invalid` when the length is no multiple of 32
 */
export function hashLeaves(data: Uint8Array): Uint8Array {
  requireHashRow(data)
  const hashes = new Uint8Array(data.length)
  const preimage = new Uint8Array(1 + hashBytes)
  preimage[0] = leafPrefix
  for (let at = 0; at < data.length; at += hashBytes) {
    for (let index = 0; index < hashBytes; index += 1) preimage[1 + index] = data[at + index] ?? 0
    sha256.into(preimage, hashes, at)
  }
  return hashes
}

/** The hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962 section 2.1). Requires hashes of 32 bytes. */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodePreimage.set(left, 1)
  nodePreimage.set(right, 1 + hashBytes)
  return hashOf(nodePreimage)
}

/**
 * Hashes two neighbours where they lie: `pair` is a view of one byte and the two hashes behind it. That byte is
 * overwritten with the prefix of an inner node; whoever needs it puts it back.
 */
export function hashPairInto(pair: Uint8Array, output: Uint8Array, offset: number): void {
  pair[0] = nodePrefix
  sha256.into(pair, output, offset)
}

/** Whether a value has the form of a hash. */
export function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === hashBytes
}

/** Whether two hashes are the same. Nothing here is secret, so it may stop at the first difference. */
export function sameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

/** @throws AuditLogError `option_invalid` when `hashes` is not a row of hashes side by side */
export function requireHashRow(hashes: Uint8Array): void {
  if (!(hashes instanceof Uint8Array) || hashes.length % hashBytes !== 0) {
    throw new AuditLogError('option_invalid', `expected hashes side by side, a multiple of ${hashBytes} bytes`)
  }
}

const nodePreimage = new Uint8Array(1 + 2 * hashBytes)
nodePreimage[0] = nodePrefix

function hashOf(input: Uint8Array): Uint8Array {
  const hash = new Uint8Array(hashBytes)
  sha256.into(input, hash, 0)
  return hash
}
