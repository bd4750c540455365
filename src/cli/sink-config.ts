import { AuditLogError } from '../errors.ts'
import type { Sink } from '../sinks/sink.ts'
import { sinkOfConfiguration } from '../sinks/sink-kinds.ts'
import { readSmallFile } from './read-file.ts'

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
export function readSinks(path: string, names: readonly string[] = []): readonly NamedSink[] {
  const configured = sinksOf(readSmallFile(path).toString(), path)
  for (const name of names) {
    if (!Object.hasOwn(configured, name)) throw invalid(`${path} has no sink called ${name}`)
  }
  const wanted = names.length > 0 ? names : Object.keys(configured)
  return wanted.map((name) => ({ name, sink: makeSink(name, configured[name]) }))
}

function makeSink(name: string, configured: unknown): Sink {
  try {
    return sinkOfConfiguration(resolved(configured) as Readonly<Record<string, unknown>>)
  } catch (error) {
    if (!(error instanceof AuditLogError)) throw error
    const { code, message, path, cause } = error
    throw new AuditLogError(code, `sink ${name}: ${message}`, { cause, path })
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
function resolved(value: unknown): unknown {
  if (!isObject(value)) return value
  const keys = Object.keys(value)
  if (keys.length === 1 && typeof value['env'] === 'string') {
    const found = process.env[value['env']]
    if (found === undefined || found === '') throw invalid(`the environment variable ${value['env']} is not set`)
    return found
  }
  if (keys.length === 1 && typeof value['file'] === 'string') return readSmallFile(value['file']).toString().trimEnd()
  return Object.fromEntries(keys.map((key) => [key, resolved(value[key])]))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const invalid = (message: string): AuditLogError => new AuditLogError('option_invalid', message)
