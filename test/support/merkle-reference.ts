import { createHash } from 'node:crypto'
import type { HashReader, Subtree, TreeHead } from '../../src/tlog/index.ts'

/**
 * RFC 6962 sections 2.1 to 2.1.2 as it stands there: recursive over lists of leaf data, and with another hash function
 * than the code that is tested. The lists D[n] are ranges here, so that a hash can be remembered.
 */
export class ReferenceTree implements HashReader {
  readonly #data: readonly Uint8Array[]
  readonly #known = new Map<string, Uint8Array>()

  constructor(data: readonly Uint8Array[]) {
    this.#data = data
  }

  /** MTH(D[start:end]) */
  hash(start: number, end: number): Uint8Array {
    const key = `${start} ${end}`
    const hash = this.#known.get(key) ?? this.#hash(start, end)
    this.#known.set(key, hash)
    return hash
  }

  head(size: number): TreeHead {
    return { size, rootHash: this.hash(0, size) }
  }

  /** PATH(m, D[n]) */
  inclusionProof(m: number, n: number): Uint8Array[] {
    return this.#path(m, 0, n)
  }

  /** PROOF(m, D[n]) */
  consistencyProof(m: number, n: number): Uint8Array[] {
    return this.#subProof(m, 0, n, true)
  }

  readHashes(subtrees: readonly Subtree[]): Uint8Array[] {
    return subtrees.map(({ level, index }) => this.hash(index * 2 ** level, (index + 1) * 2 ** level))
  }

  #hash(start: number, end: number): Uint8Array {
    if (end > this.#data.length) throw new RangeError('there are not so many leaves')
    if (start === end) return sha256()
    if (end - start === 1) return sha256([0x00], this.#data[start]!)
    const k = split(end - start)
    return sha256([0x01], this.hash(start, start + k), this.hash(start + k, end))
  }

  #path(m: number, start: number, end: number): Uint8Array[] {
    if (end - start === 1) return []
    const k = split(end - start)
    return m < k
      ? [...this.#path(m, start, start + k), this.hash(start + k, end)]
      : [...this.#path(m - k, start + k, end), this.hash(start, start + k)]
  }

  #subProof(m: number, start: number, end: number, complete: boolean): Uint8Array[] {
    if (m === end - start) return complete ? [] : [this.hash(start, end)]
    const k = split(end - start)
    return m <= k
      ? [...this.#subProof(m, start, start + k, complete), this.hash(start + k, end)]
      : [...this.#subProof(m - k, start + k, end, false), this.hash(start, start + k)]
  }
}

/** The root of a tree with these leaves. */
export function treeHash(data: readonly Uint8Array[]): Uint8Array {
  return new ReferenceTree(data).hash(0, data.length)
}

export function headOf(data: readonly Uint8Array[]): TreeHead {
  return { size: data.length, rootHash: treeHash(data) }
}

export function inclusionProof(m: number, data: readonly Uint8Array[]): Uint8Array[] {
  return new ReferenceTree(data).inclusionProof(m, data.length)
}

export function consistencyProof(m: number, data: readonly Uint8Array[]): Uint8Array[] {
  return new ReferenceTree(data).consistencyProof(m, data.length)
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1))
}

function sha256(...parts: (readonly number[] | Uint8Array)[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(Uint8Array.from(part))
  return new Uint8Array(hash.digest())
}

/** Leaf data that differs from leaf to leaf: 32 bytes each. */
export function sampleData(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => sha256([1], new TextEncoder().encode(String(index))))
}

/** Hashes or entries side by side. */
export function sideBySide(rows: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(rows))
}

/** Hashes as text, which is compared and shown much faster than bytes are. */
export function hex(hashes: Uint8Array | readonly Uint8Array[]): string[] {
  return [hashes].flat().map((hash) => Buffer.from(hash).toString('hex'))
}
