import { execFile } from 'node:child_process'
import { createHash, hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import reference from 'canonicalize'
import { canonicalize, hashEntry, verifyEntries } from '@entraguard/audit-log'
import { median, sampleEvent } from './support.ts'

// How much CPU verification takes, against hashing the same bytes, and how much memory.

const rounds = Number(process.argv[2] ?? 9)
const folder = await mkdtemp(join(os.tmpdir(), 'audit-log-bench-'))
console.log(`${os.cpus().length} x ${os.cpus()[0]?.model.trim()}, Node ${process.version}`)

function* lines(entries: number): Generator<string> {
  for (let seq = 1; seq <= entries; seq += 1) {
    const event = sampleEvent(seq)
    const entry = {
      version: 1 as const,
      seq,
      id: `0199f3a2-1111-7abc-8def-${String(seq).padStart(12, '0')}`,
      timestamp: `2025-10-18T02:32:23.${String(seq % 1_000_000).padStart(6, '0')}Z`,
      tenant_id: event.tenant_id ?? null,
      user_id: event.user_id ?? null,
      action: event.action,
      target: event.target ?? null,
      source_ip: event.source_ip ?? null,
      outcome: 'success' as const,
      details: event.details as Record<string, string>,
      recorded_by: 'app',
    }
    yield `${canonicalize({ ...entry, entry_hash: hashEntry(entry) })}\n`
  }
}

async function exportOf(entries: number): Promise<string> {
  const file = join(folder, `${entries}.ndjson`)
  await pipeline(Readable.from(lines(entries)), createWriteStream(file))
  return file
}

const open = (file: string): AsyncIterable<Buffer> => createReadStream(file, { highWaterMark: 256 * 1024 })

async function eachLine(file: string, work: (line: Buffer) => void): Promise<void> {
  let rest = Buffer.alloc(0)
  for await (const chunk of open(file)) {
    const bytes = Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      work(bytes.subarray(start, end))
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
}

const variants: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  'SHA-256 of each line': (file) => eachLine(file, (line) => hash('sha256', line, 'hex')),
  'one SHA-256 of the whole file': async (file) => {
    const whole = createHash('sha256')
    for await (const chunk of open(file)) whole.update(chunk)
    return whole.digest('hex')
  },
  'verifyEntries, canonical: false': (file) => verifyEntries(open(file), { canonical: false }),
  verifyEntries: (file) => verifyEntries(open(file)),
  'JSON.parse, npm canonicalize, createHash': (file) =>
    eachLine(file, (line) => {
      const { entry_hash: expected, ...content } = JSON.parse(line.toString()) as Record<string, unknown>
      if (
        createHash('sha256')
          .update(reference(content) ?? '')
          .digest('hex') !== expected
      )
        throw new Error('does not verify')
    }),
}

const entries = 100_000
const file = await exportOf(entries)
const names = Object.keys(variants)
const used = new Map<string, number[]>(names.map((name) => [name, []]))
for (let round = -1; round < rounds; round += 1) {
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    const before = process.cpuUsage()
    await variants[name]?.(file)
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) used.get(name)?.push((user + system) / entries)
  }
}
console.log(
  `\nCPU for each of ${entries} entries of ${Math.round((await stat(file)).size / entries)} bytes (n = ${rounds} rounds)`,
)
const base = used.get(names[0] ?? '') ?? []
for (const name of names) {
  const own = used.get(name) ?? []
  const ratios = own.map((cpu, round) => cpu / (base[round] ?? 1)).sort((a, b) => a - b)
  const spread = `(${ratios[0]?.toFixed(2)}-${ratios.at(-1)?.toFixed(2)})`
  console.log(
    `  ${name.padEnd(44)} ${median(ratios).toFixed(2)}  ${spread.padEnd(14)} ${median([...own].sort((a, b) => a - b)).toFixed(2)} us`,
  )
}

console.log('\nlargest resident memory of a process that verifies')
for (const size of [10_000, 100_000, 1_000_000]) {
  const path = size === entries ? file : await exportOf(size)
  const program = `
    import { createReadStream } from 'node:fs'
    import { verifyEntries } from '@entraguard/audit-log'
    const report = await verifyEntries(createReadStream(process.argv[1], { highWaterMark: 256 * 1024 }))
    if (!report.intact) throw new Error('does not verify')
    console.log(process.resourceUsage().maxRSS)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, path])
  console.log(`  ${String(size).padStart(9)} entries  ${Math.round(Number(stdout) / 1024)} MiB`)
}
await rm(folder, { recursive: true, force: true })
