import { readBounded } from '../read-bounded.ts'
import { Problem } from './problem.ts'

/** Larger bodies are refused: what a form can hold is far below. */
export const longestBodyBytes = 65_536

/** A JSON object as it came, member by member unchecked. */
export type Body = Readonly<Record<string, unknown>>

/**
 * Reads the JSON object that a request carries, and refuses members that the resource does not know.
 *
 * @param known the members that there may be
 * @throws Problem `media_type_unsupported`, `body_too_large`, `body_malformed`, `body_invalid`
 */
export async function readBody(request: Request, known: readonly string[]): Promise<Body> {
  requireJson(request)
  const body = parse(await readBytes(request))
  for (const name of Object.keys(body)) {
    if (!known.includes(name)) throw bodyInvalid(pathOf(name), `expected one of: ${known.join(', ')}`)
  }
  return body
}

/** Refuses a body of a request that carries none, unless it is an empty object. @throws Problem like {@link readBody} */
export async function refuseBody(request: Request): Promise<void> {
  if (request.headers.has('content-type')) requireJson(request)
  const bytes = await readBytes(request)
  if (bytes.length === 0) return
  const [name] = Object.keys(parse(bytes))
  if (name !== undefined) throw bodyInvalid(pathOf(name), 'expected no members')
}

/** The problem with one member. `detail` says what was expected, never what was found. */
export function bodyInvalid(path: string, detail: string): Problem {
  return new Problem('body_invalid', { path, detail })
}

/**
 * A text without control characters.
 *
 * @returns undefined when it is not there, null included, and may be missing
 * @throws Problem `body_invalid`
 */
export function readText(body: Body, name: string, required: true): string
export function readText(body: Body, name: string, required: boolean): string | undefined
export function readText(body: Body, name: string, required: boolean): string | undefined {
  const value = body[name] ?? undefined
  if (value === undefined && !required) return undefined
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const isText = typeof value === 'string' && value.isWellFormed() && !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(value)
  if (isText && value.trim() !== '' && Buffer.byteLength(value) <= 1024) return value
  throw bodyInvalid(`$.${name}`, 'expected a text of 1 to 1,024 bytes without control characters')
}

/** A name in brackets where it is none that can stand behind a dot. */
function pathOf(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name) ? `$.${name}` : '$'
}

function requireJson({ headers }: Request): void {
  if (!/^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')) {
    throw new Problem('media_type_unsupported')
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const bytes = await readBounded(request.body ?? [], longestBodyBytes)
  if (bytes !== undefined) return bytes
  throw new Problem('body_too_large', { detail: `expected at most ${longestBodyBytes} bytes` })
}

function parse(bytes: Uint8Array): Body {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Body
  } catch {
    // The parser's message quotes the text, which may hold a secret.
  }
  throw new Problem('body_malformed')
}
