// What verification costs: `npm run build && npx tsx bench/evidence.ts [leaves]`, 1,000,000 leaves by default. Needs about 600 bytes of
// disk for each leaf in the temporary directory, and no database.
import { fork } from 'node:child_process'
import { createHash, hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonicalize, verifyArchive } from '@entraguard/audit-log'
import {
  createSigner,
  encodeEntryBundle,
  formatCheckpoint,
  formatTilePath,
  generateKey,
  hashLeaves,
  type KeyPair,
  RightEdge,
  signNote,
  trustLogs,
} from '@entraguard/audit-log/tlog'
import { sampleEvent } from './support.ts'

const leavesPerFile = 4096

if (process.send !== undefined) await measureOne(process.argv.slice(2))
else await main(Number(process.argv[2] ?? 1_000_000))

async function main(leaves: number): Promise<void> {
  const root = mkdtempSync(join(os.tmpdir(), 'audit-log-bench-'))
  try {
    const key = await generateKey('bench.example.com/audit')
    const [older, bytes] = await makeArchive(root, leaves, key)
    console.log(
      `Node ${process.version}, ${os.cpus().length} cores; archive of ${leaves} leaves, ${bytes} bytes of entries`,
    )
    for (const what of ['lines', 'bytes', 'one', 'all', 'incremental']) {
      console.log(what.padEnd(12), JSON.stringify(await inProcess([what, root, key.verifierKey, older])))
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Each measurement has a process of its own, so that its CPU time and memory are its own. */
function inProcess(args: string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), args)
    child.on('message', resolve)
    child.on('error', reject)
  })
}

async function measureOne([what, root = '', key = '', older = '']: string[]): Promise<void> {
  const policy = trustLogs([key])
  const cpu = process.cpuUsage()
  const start = performance.now()
  let peak = 0
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20)
  let verdict = ''
  if (what === 'one') verdict = (await verifyArchive(root, { policy, workers: 1 })).verdict
  if (what === 'all') verdict = (await verifyArchive(root, { policy })).verdict
  if (what === 'incremental') verdict = (await verifyArchive(root, { policy, from: readFileSync(older) })).verdict
  if (what === 'lines' || what === 'bytes') hashFiles(root, what === 'lines')
  const { user, system } = process.cpuUsage(cpu)
  clearInterval(timer)
  process.send?.({
    verdict,
    wallMs: Math.round(performance.now() - start),
    cpuMs: Math.round((user + system) / 1000),
    rssMB: Math.round(Math.max(peak, process.memoryUsage().rss) / 1e6),
    peakMB: Math.round(process.resourceUsage().maxRSS / 1000),
  })
  process.disconnect()
}

/** The bare SHA-256: of each line with one call, or of the whole files as streams of 1 MiB. */
function hashFiles(root: string, lines: boolean): void {
  const size = Number(readFileSync(join(root, 'checkpoint'), 'utf8').split('\n')[1])
  const whole = createHash('sha256')
  for (let file = 0; file * leavesPerFile < size; file += 1) {
    const contents = readFileSync(join(root, entriesPath(file, Math.min(leavesPerFile, size - file * leavesPerFile))))
    if (!lines) whole.update(contents)
    else {
      for (let at = 0; at < contents.length;) {
        const end = contents.indexOf(10, at)
        hash('sha256', contents.subarray(at, end), 'binary')
        at = end + 1
      }
    }
  }
  whole.digest()
}

function entriesPath(index: number, leaves: number): string {
  const digits = String(index).padStart(3, '0')
  const grouped = digits.length > 3 ? `x${digits.slice(0, -3).padStart(3, '0')}/${digits.slice(-3)}` : digits
  return `entries/${grouped}${leaves === leavesPerFile ? '' : `.p/${leaves}`}.ndjson`
}

async function makeArchive(root: string, leaves: number, key: KeyPair): Promise<[string, number]> {
  const write = (path: string, contents: string | Uint8Array): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), contents)
  }
  const signer = await createSigner(key.signerKey)
  const sign = (edge: RightEdge): Promise<string> =>
    signNote(formatCheckpoint({ origin: signer.name, size: edge.size, rootHash: edge.root(), extensions: [] }), [
      signer,
    ])
  const edge = new RightEdge()
  const older = `${root}.older`
  let bytes = 0
  for (let base = 0; base < leaves; base += leavesPerFile) {
    const lines = Array.from({ length: Math.min(leavesPerFile, leaves - base) }, (_, place) => entryLine(base + place))
    const hashes = lines.map((line) => Buffer.from(hash('sha256', line), 'hex'))
    const text = `${lines.join('\n')}\n`
    bytes += text.length
    write(entriesPath(base / leavesPerFile, lines.length), text)
    for (let at = 0; at < hashes.length; at += 256) {
      const entries = hashes.slice(at, at + 256)
      write(
        formatTilePath({ level: 'entries', index: (base + at) / 256, width: entries.length }),
        encodeEntryBundle(entries),
      )
    }
    const split = Math.max(0, Math.min(hashes.length, leaves - 1000 - base))
    const filled = edge.append(hashLeaves(Buffer.concat(hashes.slice(0, split))))
    if (edge.size === leaves - 1000) writeFileSync(older, await sign(edge))
    filled.push(...edge.append(hashLeaves(Buffer.concat(hashes.slice(split)))))
    for (const tile of filled) write(formatTilePath(tile), tile.data)
  }
  for (const tile of edge.partialTiles()) write(formatTilePath(tile), tile.data)
  write('checkpoint', await sign(edge))
  return [older, bytes]
}

function entryLine(index: number): string {
  const { details = {}, ...event } = sampleEvent(index)
  return canonicalize({
    ...event,
    details,
    id: `019a0000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
    outcome: 'success',
    recorded_by: 'app',
    seq: index + 1,
    timestamp: new Date(1_790_000_000_000 + index).toISOString().replace('Z', '123Z'),
    version: 1,
  })
}
