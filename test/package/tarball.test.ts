import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// What a user gets: the packed tarball, installed with its dependencies alone into an empty project.

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
let project: string

const inProject = async (program: string, ...args: string[]): Promise<string> =>
  (await run(program, args, { cwd: project })).stdout.trim()
const write = (name: string, text: string): Promise<void> => writeFile(join(project, name), text)

const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  version: string
  exports: Record<string, unknown>
  devDependencies: Record<string, string>
}
/** These need an optional peer, or a browser. */
const apart: ReadonlySet<string> = new Set(['./opentelemetry', './console'])
/** The entry points that run on their own, e.g. `@entraguard/audit-log/canonical`. */
const entryPoints = Object.entries(manifest.exports)
  .filter(([path, target]) => typeof target === 'object' && !apart.has(path))
  .map(([path]) => `@entraguard/audit-log${path.slice(1)}`)

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'audit-log-package-'))
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
    cwd: root,
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  await write('package.json', JSON.stringify({ name: 'empty', private: true }))
  const versions = ['kysely', 'typescript', '@types/node'].map((name) => `${name}@${manifest.devDependencies[name]}`)
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  await run('npm', ['install', ...quietly, join(project, filename), ...versions], { cwd: project })
})

afterAll(() => rm(project, { recursive: true, force: true }))

describe('the packed tarball in an empty project', () => {
  it('runs as an ES module', async () => {
    await write(
      'esm.mjs',
      `import { canonicalize } from '@entraguard/audit-log'
       for (const path of ${JSON.stringify(entryPoints)}) await import(path)
       console.log(canonicalize({ b: 1e3, a: 'ä' }))`,
    )
    expect(await inProject('node', 'esm.mjs')).toBe('{"a":"ä","b":1000}')
  })

  it('runs as CommonJS', async () => {
    await write(
      'cjs.cjs',
      `const { AuditLogger, AuditLogError, schemaSql } = require('@entraguard/audit-log')
       for (const path of ${JSON.stringify(entryPoints)}) require(path)
       try { new AuditLogger({}) } catch (error) { console.log(error instanceof AuditLogError, error.code, schemaSql().includes('create table')) }`,
    )
    expect(await inProject('node', 'cjs.cjs')).toBe('true option_invalid true')
  })

  it('has one class of errors over all of its entry points', async () => {
    const [index, canonical] = ['@entraguard/audit-log', '@entraguard/audit-log/canonical']
    const source = (load: (path: string) => string): string =>
      `try { (${load(canonical)}).canonicalize(NaN) } catch (error) { console.log(error instanceof (${load(index)}).AuditLogError) }`
    await write(
      'one.mjs',
      source((path) => `await import('${path}')`),
    )
    await write(
      'one.cjs',
      source((path) => `require('${path}')`),
    )
    expect([await inProject('node', 'one.mjs'), await inProject('node', 'one.cjs')]).toEqual(['true', 'true'])
  })

  it('compiles in strict TypeScript, from an ES module and from CommonJS', async () => {
    const source = `import { AuditLogger, installSchema, verifyEntry, type Entry } from '@entraguard/audit-log'
      ${entryPoints.map((path, index) => `import * as entryPoint${index} from '${path}'`).join('\n')}
      export const points: object[] = [${entryPoints.map((_, index) => `entryPoint${index}`).join(', ')}]
      export async function main(db: { query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> }): Promise<Entry> {
        await installSchema(db)
        const entry = await new AuditLogger({ db }).log({ action: 'user.login', user_id: 'alice' })
        return verifyEntry(entry) ? entry : Promise.reject(new Error('altered'))
      }
      export async function lost(db: { query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> }): Promise<Entry | null> {
        return new AuditLogger({ db, onError: { onLost: () => undefined } }).log({ action: 'user.login' })
      }
      // @ts-expect-error -- an event must have an action
      void new AuditLogger({ db: { query: async () => ({ rows: [] }) } }).log({ user_id: 'alice' })
`
    await write('strict.mts', source)
    await write('strict.cts', source)
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node']
    await expect(
      inProject(
        'npx',
        'tsc',
        ...options,
        '--exactOptionalPropertyTypes',
        '--skipLibCheck',
        'false',
        'strict.mts',
        'strict.cts',
      ),
    ).resolves.toBe('')
  })

  it('brings the command audit-log', async () => {
    await write('entries.ndjson', '{}\n')
    expect(await inProject('npx', 'audit-log', '--help')).toContain('verify')
    expect(await inProject('npx', 'audit-log', '--version')).toBe(manifest.version)
    await expect(inProject('npx', 'audit-log', 'verify', 'entries.ndjson')).rejects.toMatchObject({ code: 1 })
  })

  it('runs without the optional peers', async () => {
    await expect(inProject('node', '-e', "require('pg')")).rejects.toThrow(/Cannot find module/)
  })

  it('says which optional peer is missing where one is needed', async () => {
    await write(
      'peers.mjs',
      `import { s3Publisher } from '@entraguard/audit-log'
       const publisher = s3Publisher({ client: { send: async () => ({}) }, bucket: 'b' })
       for (const work of [publisher.publish({ size: 1, note: '' }), publisher.latest()])
         console.log(await work.catch(({ code }) => code))`,
    )
    expect(await inProject('node', 'peers.mjs')).toBe('driver_missing\ndriver_missing')
    await expect(
      inProject('npx', 'audit-log', 'sink', 'status', '--database-url', 'postgres://127.0.0.1:1/none'),
    ).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('driver_missing') as string })
  })
})
