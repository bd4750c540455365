import { AuditLogError } from '../errors.ts'
import type { Verifier } from './note.ts'
import { parseVerifierKey, type SignatureType, type VerifierKey } from './note-key.ts'
import { decodeText, decodeUtf8 } from './strict-text.ts'
import { verifierOf } from './verifier.ts'

/** Which checkpoints are trusted (c2sp.org/tlog-policy). */
export interface Policy {
  /** Keys of logs. The name of each is the origin of its log; a log whose key was changed has several. */
  readonly logs: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  /** In an order in which groups only have members that come before them. */
  readonly groups: readonly PolicyGroup[]
  /** Name of the witness or group that must have cosigned, or `none`. */
  readonly quorum: string
}

/** A key that a log signs with. */
export interface PolicyLog {
  readonly verifier: Verifier
  readonly url?: string
}

/** A witness, known by a name that means something inside of the policy only. */
export interface PolicyWitness {
  readonly name: string
  readonly verifier: Verifier
  readonly url?: string
}

/** A group that counts as having cosigned when `threshold` of its members have. */
export interface PolicyGroup {
  readonly name: string
  /** 1 .. number of members. */
  readonly threshold: number
  /** Names of witnesses and groups. */
  readonly members: readonly string[]
}

/**
 * The policy that trusts logs by their keys alone and asks for no witness: it does not show whether a log tells others
 * something else.
 *
 * @param keys verifier keys of type `ed25519`, or verifiers; several of one name when the log's key was changed
 * @throws AuditLogError `key_malformed`; `key_unsupported`
 */
export function trustLogs(keys: readonly (string | Verifier)[]): Policy {
  const logs = keys.map((key) => ({ verifier: typeof key === 'string' ? verifierOf(parseKeyOf('ed25519', key)) : key }))
  return { logs, witnesses: [], groups: [], quorum: noQuorum }
}

/**
 * Whether the witnesses that cosigned are enough.
 *
 * @param cosigned names of witnesses of the policy
 */
export function meetsQuorum(policy: Policy, cosigned: readonly string[]): boolean {
  const met = new Set(cosigned)
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name)
  }
  return policy.quorum === noQuorum || met.has(policy.quorum)
}

/**
 * Reads a policy file (c2sp.org/tlog-policy). The keys of logs must be of type `ed25519`, those of witnesses of type
 * `cosignature/v1`.
 *
 * @param file at most 1,000,000 bytes
 * @throws AuditLogError `policy_malformed` with the number of the line; `key_malformed` and `key_unsupported` for the
 * keys
 * @example
 * const policy = parsePolicy(`log ${logKey}\nwitness soc ${witnessKey}\nquorum soc\n`)
 */
export function parsePolicy(file: string | Uint8Array): Policy {
  const text = decodeFile(file)
  const lines = text.split('\n')
  if (lines.pop() !== '') throw malformed('expected a newline at the end')
  const parser = new PolicyParser()
  for (const [index, line] of lines.entries()) {
    try {
      parser.read(line)
    } catch (error) {
      if (!(error instanceof AuditLogError)) throw error
      throw new AuditLogError(error.code, `line ${index + 1}: ${error.message}`, { cause: error })
    }
  }
  return parser.finish()
}

const noQuorum = 'none'
const maximumLength = 1_000_000

// Octets beyond ASCII are opaque ("Character set"), so a file that is not UTF-8 is read one character per octet.
function decodeFile(file: string | Uint8Array): string {
  if (file instanceof Uint8Array && file.length <= maximumLength && decodeUtf8(file) === null) {
    return new TextDecoder('latin1').decode(file)
  }
  return decodeText(file, maximumLength, 'policy_malformed')
}

class PolicyParser {
  readonly #logs: PolicyLog[] = []
  readonly #witnesses: PolicyWitness[] = []
  readonly #groups: PolicyGroup[] = []
  #quorum: string | null = null
  /** Every name that was defined, and whether it is a member of a group. */
  readonly #names = new Map<string, boolean>()
  readonly #publicKeys = new Set<string>()

  read(line: string): void {
    if (/[^\t\u{20}-\u{7e}\u{80}-\u{10ffff}]/u.test(line)) throw malformed('found a control character')
    const [keyword, ...items] = line.split(/[\t ]+/).filter((item) => item !== '')
    if (keyword === undefined || keyword.startsWith('#')) return
    if (keyword === 'log') this.#readLog(items)
    else if (keyword === 'witness') this.#readWitness(items)
    else if (keyword === 'group') this.#readGroup(items)
    else if (keyword === 'quorum') this.#readQuorum(items)
    else throw malformed('expected log, witness, group, quorum or a comment')
  }

  finish(): Policy {
    if (this.#quorum === null) throw malformed('found no quorum line')
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum }
  }

  #readLog([key, url, ...rest]: string[]): void {
    if (key === undefined || rest.length > 0) throw malformed('expected log <vkey> [<url>]')
    this.#logs.push({ verifier: this.#verifier(key, 'ed25519'), ...(url === undefined ? {} : { url }) })
  }

  #readWitness([name, key, url, ...rest]: string[]): void {
    if (name === undefined || key === undefined || rest.length > 0) {
      throw malformed('expected witness <name> <vkey> [<url>]')
    }
    this.#define(name)
    const verifier = this.#verifier(key, 'cosignature/v1')
    this.#witnesses.push({ name, verifier, ...(url === undefined ? {} : { url }) })
  }

  #readGroup([name, quantity = '', ...members]: string[]): void {
    const threshold = quantity === 'any' ? 1 : quantity === 'all' ? members.length : Number(quantity)
    if (name === undefined || members.length === 0 || !/^(?:any|all|[1-9][0-9]{0,8})$/.test(quantity)) {
      throw malformed('expected group <name> all|any|<number> <name>...')
    }
    if (threshold > members.length) throw malformed('the group asks for more members than it has')
    for (const member of members) {
      if (this.#names.get(member) !== false) {
        throw malformed('a member is not defined on a line before, or is a member already')
      }
      this.#names.set(member, true)
    }
    this.#define(name)
    this.#groups.push({ name, threshold, members })
  }

  #readQuorum([name, ...rest]: string[]): void {
    if (name === undefined || rest.length > 0) throw malformed('expected quorum <name>')
    if (this.#quorum !== null) throw malformed('found a second quorum line')
    if (name !== noQuorum && !this.#names.has(name)) throw malformed('the quorum is not defined on a line before')
    this.#quorum = name
  }

  #define(name: string): void {
    if (name === noQuorum || this.#names.has(name)) throw malformed('the name is taken')
    this.#names.set(name, false)
  }

  #verifier(verifierKey: string, type: SignatureType): Verifier {
    const key = parseKeyOf(type, verifierKey)
    const seen = `${type} ${key.publicKey.join()}`
    if (this.#publicKeys.has(seen)) throw malformed('the same public key is listed twice')
    this.#publicKeys.add(seen)
    return verifierOf(key)
  }
}

function parseKeyOf(type: SignatureType, verifierKey: string): VerifierKey {
  const key = parseVerifierKey(verifierKey)
  if (key.type !== type) throw new AuditLogError('key_unsupported', `expected a key of type ${type}`)
  return key
}

function malformed(reason: string): AuditLogError {
  return new AuditLogError('policy_malformed', reason)
}
