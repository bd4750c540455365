import { AuditLogError } from '../errors.ts'
import {
  addCosignatures,
  createVerifier,
  formatAddCheckpoint,
  formatSignatureLines,
  parseNote,
  parseVerifierKey,
  type Verifier,
} from '../tlog/index.ts'
import { httpUrl } from '../option.ts'
import { exchange, type Exchange, type HttpTarget } from './http-exchange.ts'
import type { Witness, WitnessRequest } from './witness.ts'

/** Options of {@link httpWitness}. */
export interface HttpWitnessOptions extends HttpTarget {
  /** The witness's verifier key, of type `cosignature/v1`. */
  readonly verifierKey: string
  /** For the status. Default is the name of the key. */
  readonly name?: string | undefined
}

/**
 * A witness that is asked over HTTP (c2sp.org/tlog-witness). Its cosignatures are verified before they are stored.
 *
 * `url` is the submission prefix: requests go to `<url>/add-checkpoint`. Redirects are not followed, answers are read up to a
 * million bytes, and the sequencer gives up after its `deliveryTimeoutMs`.
 *
 * @throws AuditLogError `option_invalid`, `key_malformed`, `key_unsupported`
 * @example
 * httpWitness({ url: 'https://witness.soc.example', verifierKey: 'soc.example/witness+1a2b3c4d+BJ...' })
 */
export function httpWitness(options: HttpWitnessOptions): Witness {
  const { name, type } = parseVerifierKey(options.verifierKey)
  if (type !== 'cosignature/v1') throw new AuditLogError('key_unsupported', 'expected a key of type cosignature/v1')
  return new HttpWitness(options, options.name ?? name)
}

class HttpWitness implements Witness {
  readonly name: string
  readonly #target: HttpTarget
  readonly #url: URL
  readonly #verifier: Verifier
  /** The size that the witness cosigned last, as far as this process knows. From 0, it answers with the right one. */
  #size = 0

  constructor(options: HttpWitnessOptions, name: string) {
    this.name = name
    this.#target = options
    const prefix = httpUrl(options)
    this.#url = new URL(`${prefix.pathname.replace(/\/$/, '')}/add-checkpoint`, prefix)
    this.#verifier = createVerifier(options.verifierKey)
  }

  async cosign(request: WitnessRequest, signal: AbortSignal): Promise<readonly string[]> {
    const { size } = request.head
    // After a restart of the log, or when another process has been at work, the first attempt tells the right size.
    let oldSize = this.#size > size ? 0 : this.#size
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.#ask(request, oldSize, signal)
      if (answer.status !== 409) return this.#readAnswer(request, answer)
      const known = readSize(answer)
      if (known === undefined) throw unusable(answer)
      if (known > size) {
        throw refused(`the witness has cosigned ${known} leaves, and this checkpoint has ${size}: the log was put back`)
      }
      if (known === oldSize) throw refused(`the witness has cosigned another tree of ${known} leaves`)
      // It is somebody else's doing when the size changes again and again between two requests.
      if (attempt > 2) throw unusable(answer)
      oldSize = known
    }
  }

  async #ask(request: WitnessRequest, oldSize: number, signal: AbortSignal): Promise<Exchange> {
    const proof = oldSize === 0 ? [] : await request.prove(oldSize)
    const body = formatAddCheckpoint({ oldSize, proof, checkpoint: request.note })
    return exchange(this.#target, this.#url, { method: 'POST', body, signal }, 'witness_unreachable')
  }

  async #readAnswer({ note, head }: WitnessRequest, answer: Exchange): Promise<readonly string[]> {
    if (answer.status === 422) throw refused('the tree does not continue the one that the witness cosigned before')
    if (answer.status !== 200) throw unusable(answer)
    const { name, keyId } = this.#verifier
    try {
      const cosigned = parseNote(await addCosignatures(note, answer.body, [this.#verifier]))
      this.#size = head.size
      return cosigned.signatures
        .filter((signature) => signature.name === name && signature.keyId === keyId)
        .map((signature) => formatSignatureLines([signature]).trimEnd())
    } catch (error) {
      throw new AuditLogError('witness_unreachable', 'the answer of the witness is no cosignature of its key', {
        cause: error,
      })
    }
  }
}

/** The size in the body of a 409: decimal, then a newline. */
function readSize({ body, contentType }: Exchange): number | undefined {
  const text = body.length > 20 ? '' : Buffer.from(body).toString('latin1')
  const size = /^(?:0|[1-9][0-9]{0,15})\n$/.test(text) ? Number(text) : Number.NaN
  return contentType.startsWith('text/x.tlog.size') && Number.isSafeInteger(size) ? size : undefined
}

function unusable({ status }: Exchange): AuditLogError {
  const meaning = meanings[status] ?? 'it answered something that a witness does not answer'
  return new AuditLogError('witness_unreachable', `${meaning} (HTTP ${status})`)
}

const meanings: Readonly<Record<number, string>> = {
  400: 'it says that the request is malformed',
  403: 'it trusts none of the keys that signed the checkpoint',
  404: 'it does not know the log, or this is not the address of a witness',
}

function refused(reason: string): AuditLogError {
  return new AuditLogError('witness_refused', reason)
}
