import { AuditLogError } from '../errors.ts'
import { quietly } from '../quietly.ts'
import {
  type AddCheckpointRequest,
  type Checkpoint,
  createVerifier,
  emptyRoot,
  formatCheckpoint,
  formatSignatureLines,
  openNote,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  type Signer,
  signText,
  type TreeHead,
  type Verifier,
  verifyConsistency,
} from '../tlog/index.ts'
import type { WitnessState } from './witness-state.ts'

/** Options of {@link createWitnessHandler}. */
export interface WitnessOptions {
  /** Signs for the witness: a key of type `cosignature/v1`. */
  readonly signer: Signer
  /** Verifier keys of the logs that it watches; the name of each is the log's origin. Several of one name when a key was changed. */
  readonly logs: readonly (string | Verifier)[]
  /** Where it remembers what it cosigned. */
  readonly state: WitnessState
  /** Told of every request that names a log that is watched: the place for an alarm. */
  readonly onOutcome?: ((outcome: WitnessOutcome) => void) | undefined
}

/** What became of a request. */
export interface WitnessOutcome {
  readonly origin: string
  /** Size that the log asks to be cosigned. */
  readonly size: number
  /** Size that the witness had cosigned before. */
  readonly knownSize: number
  /**
   * - `cosigned`
   * - `out_of_step`: the log did not know the size that the witness cosigned last; it normally asks again at once
   * - `rolled_back`: the log is smaller than what the witness cosigned
   * - `forked`: the log does not continue what the witness cosigned
   * - `failed`: the state could not be read or written
   */
  readonly result: 'cosigned' | 'out_of_step' | 'rolled_back' | 'forked' | 'failed'
}

/** The largest request: 1,000,000 bytes of note and a proof. */
export const maximumRequestBytes = 1_010_000

/**
 * A witness (c2sp.org/tlog-witness) as a Web-standard handler: `POST .../add-checkpoint`.
 *
 * It cosigns a checkpoint that continues the one it cosigned before, and no other. Requests for one log are handled one at a
 * time: comparing with the state and writing it are one step, and it is written before the answer leaves.
 *
 * @throws AuditLogError `key_malformed`, `key_unsupported`
 */
export function createWitnessHandler(options: WitnessOptions): (request: Request) => Promise<Response> {
  const witness = new WitnessDesk(options)
  return async (request) => {
    const { pathname } = new URL(request.url)
    if (!pathname.endsWith('/add-checkpoint')) return answer(404, 'a witness answers at /add-checkpoint\n')
    if (request.method !== 'POST') return answer(405, 'expected POST\n', { allow: 'POST' })
    const body = new Uint8Array(await request.arrayBuffer())
    return witness.addCheckpoint(body)
  }
}

class WitnessDesk {
  readonly #options: WitnessOptions
  readonly #verifiers: ReadonlyMap<string, readonly Verifier[]>
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(options: WitnessOptions) {
    this.#options = options
    const verifiers = options.logs.map((key) => (typeof key === 'string' ? createVerifier(key) : key))
    const origins = new Set(verifiers.map(({ name }) => name))
    this.#verifiers = new Map([...origins].map((origin) => [origin, verifiers.filter(({ name }) => name === origin)]))
  }

  async addCheckpoint(body: Uint8Array): Promise<Response> {
    let request: AddCheckpointRequest
    let checkpoint: Checkpoint
    try {
      request = parseAddCheckpoint(body)
      checkpoint = parseCheckpoint(parseNote(request.checkpoint).text)
    } catch (error) {
      return answer(400, `${error instanceof Error ? error.message : 'malformed'}\n`)
    }
    const verifiers = this.#verifiers.get(checkpoint.origin)
    if (verifiers === undefined) return answer(404, 'no log of this origin is watched here\n')
    try {
      await openNote(request.checkpoint, verifiers)
    } catch {
      return answer(403, 'no known key of the log has signed the checkpoint\n')
    }
    if (request.oldSize > checkpoint.size) return answer(400, 'the old size is larger than the checkpoint\n')
    return this.#inTurn(checkpoint.origin, () => this.#decide(request, checkpoint))
  }

  /** Requires that it is the only one at work on this log. */
  async #decide({ oldSize, proof }: AddCheckpointRequest, checkpoint: Checkpoint): Promise<Response> {
    const { state, signer, onOutcome } = this.#options
    const { origin, size } = checkpoint
    let known: TreeHead = { size: 0, rootHash: emptyRoot() }
    // What the host does with the news must not change the answer.
    const report = (result: WitnessOutcome['result']): void =>
      quietly(() => onOutcome?.({ origin, size, knownSize: known.size, result }))
    try {
      known = (await state.read(origin)) ?? known
      if (oldSize !== known.size) {
        report(size < known.size ? 'rolled_back' : 'out_of_step')
        return conflict(known.size)
      }
      try {
        verifyConsistency(known, checkpoint, proof)
      } catch (error) {
        if (!(error instanceof AuditLogError) || error.code !== 'proof_invalid') throw error
        report('forked')
        // c2sp.org/tlog-witness: another root for the same size is a conflict.
        return size === known.size && size > 0 ? conflict(known.size) : answer(422, `${error.message}\n`)
      }
      const signature = await signText(formatCheckpoint(checkpoint), signer)
      // Dies here: nothing was said. Dies after it: the log asks again, from the size that is remembered now.
      if (size !== known.size) await state.write(origin, checkpoint)
      report('cosigned')
      return answer(200, formatSignatureLines([signature]))
    } catch {
      report('failed')
      return answer(500, 'the witness cannot cosign now\n')
    }
  }

  async #inTurn<T>(origin: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(origin) ?? Promise.resolve()).then(work)
    this.#turns.set(
      origin,
      turn.catch(() => undefined),
    )
    return turn
  }
}

const conflict = (size: number): Response => answer(409, `${size}\n`, { 'content-type': 'text/x.tlog.size' })

function answer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}
