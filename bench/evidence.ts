// What verification costs: `npm run build && npx tsx bench/evidence.ts [leaves] [rounds]`, 1,000,000 leaves and 5 rounds by default.
// Needs about 600 bytes of disk for each leaf in the temporary directory, and no database. CPU holds on a busy machine; the speed-up
// by threads is one of wall time, and needs a quiet one.
import { fork } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { canonicalize } from '@entraguard/audit-log'
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
} from '@entraguard/audit-log/tlog'
import { median, sampleEvent } from './support.ts'

const leavesPerFile = 4096
const variants = ['lines', 'lines-all', 'bytes', 'one', 'all', 'incremental', 'again', 'command']

await main(Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 5))

interface Cost {
  readonly verdict: string
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakMB: number
}

async function main(leaves: number, rounds: number): Promise<void> {
  const root = mkdtempSync(join(os.tmpdir(), 'audit-log-bench-'))
  try {
    const key = await generateKey('bench.example.com/audit')
    const [older, bytes] = await makeArchive(root, leaves, key)
    console.log(
      `Node ${process.version}, ${os.cpus().length} cores; archive of ${leaves} leaves, ${bytes} bytes of entries; n = ${rounds}, each in a process of its own`,
    )
    const costs = new Map<string, Cost[]>(variants.map((name) => [name, []]))
    for (let round = 0; round < rounds; round += 1) {
      for (const name of round % 2 === 0 ? variants : variants.toReversed()) {
        costs.get(name)?.push(await inProcess([name, root, key.verifierKey, older]))
      }
    }
    const of = (name: string): readonly Cost[] => costs.get(name) ?? []
    for (const name of variants) {
      console.log(
        `  ${name.padEnd(12)} ${of(name)[0]?.verdict.padEnd(8)} CPU ${spread(of(name).map(({ cpuMs }) => cpuMs))} ms, wall ${spread(of(name).map(({ wallMs }) => wallMs))} ms, at most ${Math.max(...of(name).map(({ peakMB }) => peakMB))} MB`,
      )
    }
    const ratio = (name: string, base: string, unit: 'cpuMs' | 'wallMs' = 'cpuMs'): string =>
      spread(of(base).map((cost, round) => cost[unit] / (of(name)[round]?.[unit] ?? 1)))
    console.log(`  CPU of the full check against the bare SHA-256 of each line, one thread: ${ratio('lines', 'one')}`)
    console.log(`  ... all cores, and the bare SHA-256 on all of them too: ${ratio('lines-all', 'all')}`)
    console.log(`  ... all cores, and the bare SHA-256 on one thread: ${ratio('lines', 'all')}`)
    console.log(`  CPU of the bare SHA-256 on all cores against one thread: ${ratio('lines', 'lines-all')}`)
    for (const full of ['one', 'all']) {
      console.log(`  the full check (${full}) against the first 1,000 new leaves of a process: CPU`)
      console.log(`    ${ratio('incremental', full)}, wall ${ratio('incremental', full, 'wallMs')}`)
      console.log(`    when the process has done it before: CPU ${ratio('again', full)}`)
    }
    console.log(`  speed-up by all cores (wall): ${ratio('all', 'one', 'wallMs')}`)
  } finally {
    rmSync(root, { recursive: true, force: true })
    rmSync(`${root}.older`, { force: true })
  }
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other)
  const text = (value = 0): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
  return `${text(median(sorted))} (${text(sorted[0])}-${text(sorted.at(-1))})`
}

/** Each measurement has a process of its own, so that its CPU time and memory are its own. */
function inProcess(args: string[]): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('evidence-child.mjs', import.meta.url), args, { execArgv: [] })
    child.on('message', (cost: Cost) => resolve(cost))
    child.on('error', reject)
  })
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
