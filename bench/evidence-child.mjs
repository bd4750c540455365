// One measurement of evidence.ts, without a loader of TypeScript, whose threads and memory would be measured too.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifyArchive } from '@entraguard/audit-log'
import { trustLogs } from '@entraguard/audit-log/tlog'
import { hashLines } from './hash-lines.mjs'

const [what, root = '', key = '', older = ''] = process.argv.slice(2)
const policy = trustLogs([key])
const incremental = async () => (await verifyArchive(root, { policy, since: readFileSync(older) })).verdict
if (what === 'again') for (let round = 0; round < 20; round += 1) await incremental()
const cpu = process.cpuUsage()
const start = performance.now()
let verdict = ''
let cpuMs = 0
let peak = 0
// maxRSS would be that of the process that forked this one.
const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50)
if (what === 'one') verdict = (await verifyArchive(root, { policy, workers: 1 })).verdict
if (what === 'all') verdict = (await verifyArchive(root, { policy })).verdict
if (what === 'incremental' || what === 'again') verdict = await incremental()
if (what === 'bytes') hashBytes()
if (what === 'lines') await hashLines(entryFiles(), 1)
if (what === 'lines-all') await hashLines(entryFiles(), availableParallelism())
if (what === 'command') [verdict, cpuMs] = runCommand()
const { user, system } = process.cpuUsage(cpu)
clearInterval(timer)
process.send({
  verdict,
  wallMs: performance.now() - start,
  cpuMs: cpuMs === 0 ? (user + system) / 1000 : cpuMs,
  peakMB: Math.round(Math.max(peak, process.memoryUsage.rss()) / 1e6),
})
process.disconnect()

/** `audit-log verify --from` as a command, from the start of Node to its end. */
function runCommand() {
  const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  const report = `process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write(String((user + system) / 1000)) })`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(report)}`,
      cli,
      'verify',
      root,
      '--key',
      key,
      '--from',
      older,
    ],
    { encoding: 'utf8' },
  )
  return [/: (\w+):/.exec(stdout)?.[1] ?? '', Number(stderr)]
}

/** The files of entries. */
function entryFiles() {
  const found = readdirSync(join(root, 'entries'), { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** The bare SHA-256 of the whole files one after another. */
function hashBytes() {
  const whole = createHash('sha256')
  for (const file of entryFiles()) whole.update(readFileSync(file))
  whole.digest()
}
