import { openNote, type Signer, signNote, type Verifier } from '../tlog/index.ts'
import { bundleFormat } from './bundle-format.ts'

/** What whoever exports a bundle signs. */
export interface ExportStatement {
  /** When the bundle was finished, by the exporter's clock: RFC 3339, UTC, milliseconds. */
  readonly exportedAt: string
  /** How many lines of entries there are. */
  readonly entries: number
  /** SHA-256 of the first line, which says what was asked for, with its newline; base64. */
  readonly headerHash: string
  /** SHA-256 of the lines between the first and the last one, with their newlines; base64. */
  readonly contentsHash: string
}

/** The statement as a signed note. Its second line is no tree size, so it can never be taken for a checkpoint. */
export async function signExport(
  { exportedAt, entries, headerHash, contentsHash }: ExportStatement,
  signer: Signer,
): Promise<string> {
  return signNote([bundleFormat, exportedAt, entries, headerHash, contentsHash, ''].join('\n'), [signer])
}

/**
 * Opens the exporter's statement.
 *
 * @returns it, and the name in the key that signed it; null when what was signed is no such statement
 * @throws AuditLogError `note_malformed`, `note_unverified`, `signature_invalid`
 */
export async function openExport(
  note: string,
  verifiers: readonly Verifier[],
): Promise<(ExportStatement & { readonly by: string }) | null> {
  const { text, signatures } = await openNote(note, verifiers)
  const [format, exportedAt = '', entries = '', headerHash = '', contentsHash = '', ...rest] = text.split('\n')
  const known = format === bundleFormat && /^[0-9T:.-]{23}Z$/.test(exportedAt) && rest.length === 1
  if (!known) return null
  return { by: signatures[0]?.name ?? '', exportedAt, entries: Number(entries), headerHash, contentsHash }
}
