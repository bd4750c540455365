import { readFile } from 'node:fs/promises'
import { AuditLogError } from '../errors.ts'
import type { Sink } from '../sinks/sink.ts'
import { sinkOfConfiguration } from '../sinks/sink-kinds.ts'

/** A sink and its name in the configuration. */
export interface NamedSink {
  readonly name: string
  readonly sink: Sink
}

/**
 * Reads sinks from a JSON file: `{ "sinks": { "NAME": { "kind": "splunk", ... } } }`. In place of a value there can stand
 * `{ "env": "VARIABLE" }` or `{ "file": "PATH" }`, so that the file holds no secrets.
 *
 * @param names which ones. None means all.
 * @throws AuditLogError `option_invalid`, `file_unreadable`
 */
export async function readSinks(path: string, names: readonly string[] = []): Promise<readonly NamedSink[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new AuditLogError('file_unreadable', `cannot read ${path}`, { cause: error })
  })
  const configured = sinksOf(text, path)
  for (const name of names) {
    if (!Object.hasOwn(configured, name)) throw invalid(`${path} has no sink called ${name}`)
  }
  const wanted = names.length > 0 ? names : Object.keys(configured)
  return Promise.all(wanted.map(async (name) => ({ name, sink: await makeSink(name, configured[name]) })))
}

async function makeSink(name: string, configured: unknown): Promise<Sink> {
  try {
    return sinkOfConfiguration((await resolved(configured)) as Readonly<Record<string, unknown>>)
  } catch (error) {
    if (!(error instanceof AuditLogError)) throw error
    const { code, message, path, cause } = error
    throw new AuditLogError(code, `sink ${name}: ${message}`, { cause, ...(path === undefined ? {} : { path }) })
  }
}

function sinksOf(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const { sinks } = JSON.parse(text) as { sinks?: unknown }
    // Without any, forwarding would begin and take the log nowhere.
    if (isObject(sinks) && Object.keys(sinks).length > 0 && Object.values(sinks).every(isObject)) return sinks
  } catch {
    // The message of the parser quotes the text, and somebody may have put a secret there.
  }
  throw invalid(`expected { "sinks": { "NAME": { "kind": ... } } } in ${path}`)
}

/** Puts in what stands in the environment and in files. */
async function resolved(value: unknown): Promise<unknown> {
  if (!isObject(value)) return value
  const keys = Object.keys(value)
  if (keys.length === 1 && typeof value['env'] === 'string') {
    const found = process.env[value['env']]
    if (found === undefined || found === '') throw invalid(`the environment variable ${value['env']} is not set`)
    return found
  }
  if (keys.length === 1 && typeof value['file'] === 'string') {
    const { file } = value
    return (
      await readFile(file, 'utf8').catch((error: unknown) => {
        throw new AuditLogError('file_unreadable', `cannot read ${file}`, { cause: error })
      })
    ).trimEnd()
  }
  const members = await Promise.all(
    keys.map(async (key): Promise<[string, unknown]> => [key, await resolved(value[key])]),
  )
  return Object.fromEntries(members)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const invalid = (message: string): AuditLogError => new AuditLogError('option_invalid', message)
