import { parseCheckpoint } from '../../../tlog/checkpoint.ts'
import { cosignatureTimeSeconds } from '../../../tlog/cosignature.ts'
import { keyOf, type NoteSignature, parseNote } from '../../../tlog/note.ts'
import type { CheckpointJson } from './entry-list.ts'

/** A checkpoint as a browser remembers it. */
export interface SeenCheckpoint extends Pick<CheckpointJson, 'tree_size' | 'root_hash'> {
  /** When it was seen: RFC 3339. */
  readonly at: string
}

/** How a checkpoint stands to the one that was seen last. */
export interface Compared {
  readonly result: 'first' | 'same' | 'grown' | 'shrunk' | 'forked'
  readonly before: SeenCheckpoint | undefined
}

/** Compares a checkpoint with the one that this browser saw last: a log never gets smaller, and never has two roots. */
export function compareSeen(
  before: SeenCheckpoint | undefined,
  now: { readonly tree_size: number; readonly root_hash: string },
): Compared {
  if (before === undefined) return { result: 'first', before }
  if (now.tree_size > before.tree_size) return { result: 'grown', before }
  if (now.tree_size < before.tree_size) return { result: 'shrunk', before }
  return { result: now.root_hash === before.root_hash ? 'same' : 'forked', before }
}

/** Who is said to have cosigned a checkpoint. */
export interface Cosigner {
  readonly name: string
  readonly timeSeconds: number
  /** Whether the signature was verified with a key of the policy. Without that anybody can have written it. */
  readonly verified: boolean
}

/** The cosignatures in a note. @param verified those of its signatures that were verified */
export function cosignersOf(note: string, verified: readonly NoteSignature[] = []): Cosigner[] {
  const known = new Set(verified.map(keyOf))
  try {
    const { text, signatures } = parseNote(note)
    const { origin } = parseCheckpoint(text)
    return signatures.flatMap((signature) => {
      // Eight bytes of time and 64 of signature; the log's own has no time.
      if (signature.name === origin || signature.signature.length !== 72) return []
      return [
        {
          name: signature.name,
          timeSeconds: cosignatureTimeSeconds(signature),
          verified: known.has(keyOf(signature)),
        },
      ]
    })
  } catch {
    return []
  }
}

/** What is known of a log. */
export interface Known {
  readonly signature: 'passed' | 'failed' | 'unknown' | undefined
  readonly compared: Compared['result'] | undefined
  /** Entries that did not verify when they became leaves. */
  readonly anomalies: number
  /** Critical findings about the guards. */
  readonly critical: number
  /** Whether guards or witnesses are missing. */
  readonly weak: boolean
  /** Whether something holds the sequencer up. */
  readonly heldUp: boolean
}

/** The worst of what is known. */
export function verdictOf(known: Known): 'good' | 'weak' | 'unverified' | 'bad' {
  const { signature, compared, anomalies, critical, weak, heldUp } = known
  if (signature === 'failed' || compared === 'shrunk' || compared === 'forked' || anomalies > 0 || critical > 0)
    return 'bad'
  if (signature !== 'passed') return 'unverified'
  return weak || heldUp ? 'weak' : 'good'
}
