import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build, type Format } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { entryLine, makeArchive, newKey, origin, signLines } from '../support/archive.ts'

// A host that is one file, moved to where nothing of the package is: a function in a cloud, a small container.

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'audit-log-bundled-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function runBundled(format: Format, source: string): Promise<string> {
  const outfile = join(directory, `host.${format === 'cjs' ? 'cjs' : 'mjs'}`)
  const external = ['pg', '@aws-sdk/client-s3']
  const stdin = { contents: source, resolveDir: root }
  const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
  await build({
    stdin,
    outfile,
    format,
    external,
    bundle: true,
    platform: 'node',
    logLevel: 'silent',
    ...(format === 'esm' ? { banner: { js: banner } } : {}),
  })
  return (await run(process.execPath, [outfile])).stdout
}

it.each(['cjs', 'esm'] as const)('serves the console from a bundle: %s', async (format) => {
  const served = await runBundled(
    format,
    `import { createHandler } from './dist/http.js'
     const db = { query: async () => ({ rows: [] }) }
     const handler = createHandler({ db, flags: {}, authorize: () => null })
     const ask = async (path) => (await handler(new Request('http://host.example/api/audit-logs/console/' + path))).text()
     Promise.all([ask('app.js'), ask('')]).then((texts) => console.log(JSON.stringify(texts)))`,
  )
  const [program, page] = JSON.parse(served) as [string, string]
  expect(program).toBe(await readFile(join(root, 'dist/console/app.js'), 'utf8'))
  expect(page).toContain('<audit-log-console')
})

it.each(['cjs', 'esm'] as const)('verifies an archive from a bundle: %s', async (format) => {
  const [key, lines] = [await newKey(), [entryLine(0), entryLine(1)]]
  const archive = join(directory, `archive-${format}`)
  await makeArchive(archive, lines, await signLines(lines, key, origin))
  const verdict = await runBundled(
    format,
    `import { verifyArchive } from './dist/index.js'
     import { trustLogs } from './dist/tlog.js'
     const policy = trustLogs([${JSON.stringify(key.verifierKey)}])
     verifyArchive(${JSON.stringify(archive)}, { policy, workers: 2 }).then(({ verdict }) => console.log(verdict))`,
  )
  expect(verdict).toBe('intact\n')
})
