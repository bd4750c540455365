import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { AuditLogger, type DrillReport, type PostureReport } from '../../../src/index.ts'
import { openCheckpoint, parsePolicy } from '../../../src/tlog/index.ts'
import { buildCli } from '../../support/cli.ts'
import { testLog } from '../../support/database.ts'
import { until } from '../../support/sequencer.ts'

// The commands as processes, in the order in which somebody would set a log up.

const cli = await buildCli()
const log = await testLog()
const audit = new AuditLogger({ db: log.appPool })
const folder = await mkdtemp(join(tmpdir(), 'audit-log-cli-'))
const at = (name: string): string => join(folder, name)
const roles = Object.entries(log.roles).flatMap(([kind, name]) => ['--role', `${kind}=${name}`])
const database = ['--database-url', log.url]
const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

interface WitnessProcess {
  readonly url: string
  readonly lines: Record<string, unknown>[]
  end(signal: NodeJS.Signals): Promise<number | null>
}

async function startWitness(...args: string[]): Promise<WitnessProcess> {
  const child = spawn(process.execPath, [cli.file, 'witness', '--listen', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines: Record<string, unknown>[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Record<string, unknown>))
  await until(() => lines.length > 0 || child.exitCode !== null)
  return {
    url: String(lines[0]?.['url']),
    lines,
    async end(signal) {
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
      return child.exitCode
    },
  }
}

const [logKey, witnessKey] = [
  await cli(['key', '--name', 'audit.example.com/cli', '--out', at('log.key')]),
  await cli(['key', '--witness', '--name', 'soc.example/witness', '--out', at('witness.key'), '--json']),
]
const vkey = logKey.stdout.trim()
const witnessVkey = (JSON.parse(witnessKey.stdout) as { verifierKey: string }).verifierKey

describe('audit-log key', () => {
  it('makes a secret file and prints the public key', async () => {
    expect([logKey.code, witnessKey.code]).toEqual([0, 0])
    expect(vkey).toMatch(/^audit\.example\.com\/cli\+[0-9a-f]{8}\+\S+$/)
    const { mode } = await stat(at('log.key'))
    expect(mode & 0o777).toBe(0o600)
    expect(await readFile(at('log.key'), 'utf8')).not.toContain(vkey)
  })

  it('never writes over a key', async () => {
    const before = await readFile(at('log.key'), 'utf8')
    const again = await cli(['key', '--name', 'audit.example.com/cli', '--out', at('log.key')])
    expect(again).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('option_invalid') })
    expect(await readFile(at('log.key'), 'utf8')).toBe(before)
  })
})

describe('audit-log witness', () => {
  const sequence = (url: string): ReturnType<typeof cli> =>
    cli([
      'sequence',
      ...database,
      '--once',
      '--key',
      at('log.key'),
      '--publish',
      `file:${at('checkpoint')}`,
      '--witness',
      `${url}=${witnessVkey}`,
    ])
  const args = ['--key', at('witness.key'), '--state', at('state'), '--log', vkey]
  const policyText = `log ${vkey}\nwitness soc ${witnessVkey}\nquorum soc\n`

  it('cosigns what audit-log sequence publishes, also after it was killed and started again', async () => {
    const before = await audit.query().count()
    for (const [entries, signal, code] of [
      [5, 'SIGKILL', null],
      [8, 'SIGTERM', 0],
    ] as const) {
      const witness = await startWitness(...args)
      await audit.logMany(Array.from({ length: entries }, () => ({ action: 'a.b' })))
      expect(await sequence(witness.url)).toMatchObject({ code: 0, stderr: '' })
      await until(() => witness.lines.some(({ result }) => result === 'cosigned'))
      expect(await witness.end(signal)).toBe(code)
    }
    const { rows } = await log.admin.query<{ note: string; lines: string }>(
      `select note, (select string_agg(line, '') from audit_log.cosignature where cosignature.tree_size = checkpoint.tree_size) as lines
       from audit_log.checkpoint order by tree_size desc limit 1`,
    )
    const cosigned = `${rows[0]?.note}${rows[0]?.lines.trimEnd()}\n`
    expect(await openCheckpoint(cosigned, parsePolicy(policyText))).toMatchObject({ size: before + 13 })
  })

  it('watches the logs of a policy', async () => {
    await writeFile(at('policy'), policyText)
    const witness = await startWitness('--key', at('witness.key'), '--state', at('by-policy'), '--policy', at('policy'))
    await audit.log({ action: 'a.b' })
    expect(await sequence(witness.url)).toMatchObject({ code: 0, stderr: '' })
    await until(() => witness.lines.some(({ result }) => result === 'cosigned'))
    expect(await witness.end('SIGTERM')).toBe(0)
  })

  it('is not started without a log to watch, or with the key of a log', async () => {
    expect(await cli(['witness', '--key', at('witness.key'), '--state', at('other')])).toMatchObject({ code: 2 })
    expect(await cli(['witness', '--key', at('log.key'), '--state', at('other'), '--log', vkey])).toMatchObject({
      code: 2,
      stdout: '',
    })
  })
})

describe('audit-log doctor', () => {
  const doctor = async (...more: string[]): Promise<{ code: number | null; report: PostureReport }> => {
    const { code, stdout } = await cli(['doctor', ...database, ...roles, '--json', ...more])
    return { code, report: JSON.parse(stdout) as PostureReport }
  }

  it('writes a baseline, and finds what was changed since and what is changed still', async () => {
    const first = await doctor('--write-baseline', at('baseline.json'))
    expect(first.report.tamperResistant).toBe(true)
    await log.admin.query(
      'alter table audit_log.leaf disable trigger refuse_change; alter table audit_log.leaf enable always trigger refuse_change',
    )
    const moved = await doctor('--baseline', at('baseline.json'))
    expect(moved.code).toBe(1)
    expect(moved.report.findings.map(({ code }) => code)).toContain('baseline_moved')
    expect(moved.report.findings.map(({ code }) => code)).not.toContain('trigger_disabled')
    await log.admin.query('alter table audit_log.leaf disable trigger refuse_change')
    const text = await cli(['doctor', ...database, ...roles])
    expect(text.code).toBe(1)
    expect(text.stdout).toContain('CRITICAL trigger_disabled: trigger leaf.refuse_change')
    expect(text.stdout).toContain('NOT tamper-resistant against the application')
    expect(text.stdout).toContain('This proves nothing against a superuser')
    const fix = /alter table \S+ enable always trigger refuse_change;/.exec(text.stdout)?.[0]
    await log.admin.query(String(fix))
    expect((await doctor()).report.findings.map(({ code }) => code)).not.toContain('trigger_disabled')
  })

  it('looks at the login that it is told of', async () => {
    const { name } = await log.login('superuser')
    const codes = async (...more: string[]): Promise<string[]> =>
      (await doctor(...more)).report.findings
        .filter(({ subject }) => subject === `login ${name}`)
        .map(({ code }) => code)
    expect(await codes()).toEqual([])
    expect(await codes('--login', name)).toEqual(['application_is_superuser'])
  })

  it('ends with 2 when it cannot tell', async () => {
    await writeFile(at('no.json'), '[]')
    expect(await cli(['doctor', ...database, '--baseline', at('no.json')])).toMatchObject({ code: 2, stdout: '' })
    expect(await cli(['doctor', '--database-url', 'postgres://127.0.0.1:1/none'])).toMatchObject({
      code: 2,
      stdout: '',
    })
    expect(await cli(['doctor', ...database, '--role', 'king=x'])).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('audit-log drill', () => {
  it('prints the matrix, and ends with 0 because no writer and no reader got through', async () => {
    const { code, stdout, stderr } = await cli(['drill', ...database, '--copy', '--entries', '12', '--json'])
    expect([code, stderr]).toEqual([0, ''])
    expect((JSON.parse(stdout) as DrillReport).results.length).toBeGreaterThan(80)
    const written = await cli(['drill', ...database, '--entries', '12', '--output', at('matrix.md')])
    expect(written).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await readFile(at('matrix.md'), 'utf8')).toMatch(/^# Tamper drill\n[^]*\| NOT DETECTABLE/)
    expect((await cli(['drill', ...database, '--entries', 'many'])).code).toBe(2)
  })

  it('ends with 2 without a superuser', async () => {
    expect(await cli(['drill', '--database-url', log.app.url])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('privilege_missing'),
    })
  })
})

it('audit-log harden prints a script, and only prints it', async () => {
  const { code, stdout } = await cli(['harden', '--print'])
  expect(code).toBe(0)
  expect(stdout).toContain('create event trigger "audit_log_hardened"')
  expect(await cli(['harden'])).toMatchObject({ code: 2, stdout: '' })
})
