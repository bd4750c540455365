import { AuditLogError } from '../errors.ts'

/** What the first line of a bundle says. */
export interface BundleHeader {
  readonly format: 'audit-log-bundle/1'
  /** Size of the tree that the proof leads to. */
  readonly tree_size: number
  /** The bundle has every leaf from the first to before the second; or */
  readonly leaves?: readonly [begin: number, end: number]
  /** the entries that a filter found. **Nothing proves that these are all of them.** */
  readonly filter?: Readonly<Record<string, unknown>>
}

/** What the last line says. */
export interface BundleEnd {
  /** How many lines of entries there are. */
  readonly entries: number
  /** The signed checkpoint, with its cosignatures. */
  readonly checkpoint: string
  /** The exporter's statement about the bundle itself, a signed note. */
  readonly exporter?: string | undefined
}

/** A line with an entry, taken apart. */
export interface BundleEntry {
  readonly leafIndex: number
  /** The entry as JSON, in the canonical form of exports if it has one; undefined when only its hash is left. */
  readonly text: string | undefined
  /** 64 hexadecimal digits, of an entry that is not there. */
  readonly entryHash: string | undefined
  /** Not asked for: it explains why others are not there. */
  readonly context: boolean
}

export const bundleFormat = 'audit-log-bundle/1'
/** Bundles are put together and verified in memory, at about 100 bytes an entry. */
export const mostBundleEntries = 1_000_000
export const hashesPerLine = 256

export function formatBundleEntry({ leafIndex, text, entryHash, context }: BundleEntry): string {
  const member = text === undefined ? `"entry_hash":"${entryHash}"` : `"entry":${text}`
  return `{"leaf_index":${leafIndex},${member}${context ? ',"context":true' : ''}}\n`
}

/** @returns undefined when the line is none of an entry */
export function parseBundleEntry(line: string): BundleEntry | undefined {
  const match =
    /^\{"leaf_index":(0|[1-9][0-9]{0,15}),(?:"entry":(\{.*\})|"entry_hash":"([0-9a-f]{64})")(,"context":true)?\}$/s.exec(
      line,
    )
  if (match === null) return undefined
  const [, index, text, entryHash, context] = match
  return { leafIndex: Number(index), text, entryHash, context: context !== undefined }
}

export function formatProofLine(hashes: readonly Uint8Array[]): string {
  return `${JSON.stringify({ hashes: hashes.map((hash) => Buffer.from(hash).toString('base64')) })}\n`
}

/** @returns undefined when the line holds no hashes of a proof */
export function parseProofLine(line: string): Buffer[] | undefined {
  if (!line.startsWith('{"hashes":[')) return undefined
  const { hashes } = parseLine(line) as { hashes: unknown }
  if (!Array.isArray(hashes) || hashes.length > hashesPerLine) throw malformed('a line of the proof')
  const decoded = hashes.map((hash) => Buffer.from(String(hash), 'base64'))
  if (formatProofLine(decoded) !== `${line}\n` || decoded.some(({ length }) => length !== 32)) {
    throw malformed('a line of the proof')
  }
  return decoded
}

export function formatHeader(header: BundleHeader): string {
  return `${JSON.stringify(header)}\n`
}

/** @throws AuditLogError `bundle_malformed` when the line does not begin a bundle */
export function parseHeader(line: string): BundleHeader {
  const { format, tree_size: treeSize, leaves, filter, ...rest } = parseLine(line) as unknown as Record<string, unknown>
  const known = format === bundleFormat && Number.isSafeInteger(treeSize) && Object.keys(rest).length === 0
  const isRange = Array.isArray(leaves) && leaves.length === 2 && leaves.every((leaf) => Number.isSafeInteger(leaf))
  const isFilter = typeof filter === 'object' && filter !== null && !Array.isArray(filter)
  if (!known || isRange === isFilter || (isRange && filter !== undefined) || (isFilter && leaves !== undefined)) {
    throw malformed('its first line')
  }
  return {
    format: bundleFormat,
    tree_size: treeSize as number,
    ...(isRange ? { leaves: leaves as unknown as [number, number] } : { filter: filter as Record<string, unknown> }),
  }
}

export function formatEnd(end: BundleEnd): string {
  return `${JSON.stringify(end)}\n`
}

/** @throws AuditLogError `bundle_malformed` when the line does not end a bundle */
export function parseEnd(line: string): BundleEnd {
  const { entries, checkpoint, exporter, ...rest } = parseLine(line) as unknown as Record<string, unknown>
  if (
    !Number.isSafeInteger(entries) ||
    typeof checkpoint !== 'string' ||
    (exporter !== undefined && typeof exporter !== 'string') ||
    Object.keys(rest).length > 0
  ) {
    throw malformed('its last line')
  }
  return { entries: entries as number, checkpoint, exporter }
}

// Only the one way to write a line is taken, so that no two programs read different things in it.
function parseLine(line: string): object {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && JSON.stringify(value) === line) return value
  } catch {
    // Said below.
  }
  throw malformed('a line')
}

function malformed(part: string): AuditLogError {
  return new AuditLogError('bundle_malformed', `the file is no bundle: ${part} has not the form of docs/format.md`)
}
