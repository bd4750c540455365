import { AuditLogError } from '../errors.ts'

/** A tree at one moment: everything that a proof is checked against. */
export interface TreeHead {
  /** Number of leaves, 0 .. 2^53-1. */
  readonly size: number
  /** Merkle tree hash of all of them (RFC 6962 section 2.1): 32 bytes. */
  readonly rootHash: Uint8Array
}

/** Whether a value is a number of leaves or the index of one. Beyond 2^53-1 numbers are no longer exact. */
export function isTreeSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** @throws AuditLogError `option_invalid` */
export function requireTreeSize(value: number): void {
  if (!isTreeSize(value)) throw new AuditLogError('option_invalid', 'expected a tree size from 0 to 2^53-1')
}
