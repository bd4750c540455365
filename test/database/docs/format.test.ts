import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { AuditLogger, canonicalize, verifyEntries } from '../../../src/index.ts'
import { run } from '../../support/cli.ts'
import { testLog } from '../../support/database.ts'
import { anyDouble, anyObject, anyText } from '../../support/i-json.ts'
import { blocksOf } from '../../support/page.ts'

const log = await testLog()
const audit = new AuditLogger({ db: log.appPool })
await audit.logMany(
  fc
    .sample(fc.record({ details: anyObject, user_id: anyText, target: anyText }), 1000)
    .map((event) => ({ action: 'any.event', ...event })),
)
await audit.logMany(fc.sample(anyDouble, 1000).map((n) => ({ action: 'any.number', details: { n } })))
await log
  .pool(log.writer.url)
  .query(
    `insert into audit_log.entry (action, user_id, details) values ('raw.insert', E'ä"\\\\\\n', '{"b":1.0,"a":[1e2,9007199254740993]}')`,
  )
const lines: string[] = []
for await (const entry of audit.query().order('oldest').stream()) lines.push(canonicalize(entry))

const folder = await mkdtemp(join(tmpdir(), 'audit-log-format-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const python = await run('python3', ['--version']).then(
  ({ code }) => code === 0,
  () => false,
)

describe.skipIf(!python)('the Python program of docs/format.md (skipped where python3 is missing)', async () => {
  const program = join(folder, 'verify.py')
  await writeFile(program, (await blocksOf('format.md', 'python'))[0] ?? '')
  const verify = async (text: string): Promise<[number | null, string]> => {
    const file = join(folder, 'export.ndjson')
    await writeFile(file, text)
    const { code, stdout, stderr } = await run('python3', [program, file])
    expect(stderr).toBe('')
    return [code, stdout]
  }

  it('verifies a real export with hostile content', async () => {
    expect(lines.length).toBe(2001)
    expect(await verify(`${lines.join('\n')}\n`)).toEqual([0, '2001 of 2001 entries verify\n'])
    const respelled = lines.slice(0, 200).map((line) => JSON.stringify(JSON.parse(line)).replaceAll('/', '\\/'))
    expect(await verify(respelled.join('\r\n'))).toEqual([0, '200 of 200 entries verify\n'])
  })

  it('finds what was edited', async () => {
    const [line = ''] = lines
    const damaged = [
      line.replace('any.event', 'any.other'),
      line.replace('"version":1', '"version":1,"x":1'),
      line.replace('"version":1', '"version":1.00000000000000000001'),
      line.replace('"version":1', '"version":1,"version":1'),
      line.replace('"version":1', '"version":NaN'),
      line.slice(0, -1),
      '5',
      '['.repeat(100_000),
    ]
    const found = damaged.map((_, index) => `entry ${index + 2} does not verify\n`).join('')
    expect(await verify([line, ...damaged].join('\n'))).toEqual([1, `${found}1 of 9 entries verify\n`])
  })
})

/** Lines that hash to their entry_hash, as a forger would have it, and are no entries that everybody reads alike. */
function forgedLines(): string[] {
  const [line = ''] = lines
  const content = line.replace(/"entry_hash":"[0-9a-f]{64}",/, '')
  return [
    content.replace('"user_id":', '"user_id":"mallory","user_id":'),
    content.replace('"details":{', '"details":{"n":1,"n":2'),
    content.replace('"version":1', '"version":1.0'),
    content.replace('"version":1', '"version":2'),
    content.replace('"action":"', '"action":"\\ud800'),
    content.replace('"action":"', '"action":"\\u0061'),
    content.replace('"details":{', '"details":{"n":9007199254740993'),
    content.replace('"details":{', '"details":{"n":1e400'),
    content.replace('"details":{', '"details":{"n":-0'),
    content.replace('"details":{', '"details":{"n":NaN'),
    content.replace('"details":{', '"details":{"z":1,"a":2'),
    content.replace('{', '{ '),
    `\ufeff${content}`,
  ].map((forged) => {
    const whole = forged.replace(/("n":[^,}]*|"a":2)"/, '$1,"')
    return whole.replace('"id":', `"entry_hash":"${sha256(whole)}","id":`)
  })
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** One byte of each line is another; none becomes the end of a line. */
function mutatedLines(): Buffer[] {
  return fc.sample(fc.tuple(fc.nat(), fc.integer({ min: 32, max: 255 })), 400).map(([place, byte], index) => {
    const bytes = Buffer.from(lines[index] ?? '')
    bytes[place % bytes.length] = byte
    return bytes
  })
}

it.skipIf(!python)('the Python program and ours agree on every line that somebody altered', async () => {
  const altered = [...forgedLines().map((line) => Buffer.from(line)), ...mutatedLines()]
  const text = Buffer.concat(altered.flatMap((line) => [line, Buffer.from('\n')]))
  const [program, file] = [join(folder, 'second.py'), join(folder, 'altered.ndjson')]
  await writeFile(program, (await blocksOf('format.md', 'python'))[0] ?? '')
  await writeFile(file, text)
  const { stdout } = await run('python3', [program, file])
  const theirs = [...stdout.matchAll(/^entry (\d+) does not verify$/gm)].map(([, position]) => Number(position))
  const ours: number[] = []
  await verifyEntries([text], { onFault: ({ position }) => ours.push(position) })
  expect(ours).toEqual(theirs)
  expect(ours.length).toBeGreaterThan(300)
})

it('the SQL of docs/format.md finds an entry that was edited, and no other', async () => {
  const [statement = ''] = await blocksOf('format.md', 'sql')
  const reader = log.pool(log.reader.url)
  expect((await reader.query(statement)).rows).toEqual([])
  await log.admin.query(
    `do $$ declare t text; begin
       for t in select oid::regclass::text from pg_class where relnamespace = 'audit_log'::regnamespace and relname like 'entry%' and relkind in ('r', 'p') loop
         execute 'alter table ' || t || ' disable trigger user'; end loop; end $$;
     update audit_log.entry set user_id = 'mallory' where seq = 7`,
  )
  expect((await reader.query(statement)).rows).toEqual([{ seq: '7' }])
})
