// What the event triggers of `audit-log harden` cost a statement that changes the catalog: `npm run build && npx tsx bench/harden.ts
// [rounds]`. Rounds take turns with the triggers off; ratios are of CPU, of the server and this process, and of time.
import { hardenSql } from '@entraguard/audit-log'
import { cpuMs, median, startBench } from './support.ts'

const rounds = Number(process.argv[2] ?? 15)
const each = 20
const statements: Readonly<Record<string, (place: number) => string>> = {
  'create temp table': (place) => `create temp table t${place} (id integer)`,
  'drop table': (place) => `drop table t${place}`,
  'create table': (place) => `create table public.p${place} (id integer)`,
  'alter table .. add column': (place) => `alter table public.p${place} add column more text`,
  'create index': (place) => `create index on public.p${place} (id)`,
  'drop table with index': (place) => `drop table public.p${place}`,
  'insert (no DDL)': (place) => `insert into bench.plain (action) values ('a.${place}')`,
}
const server = await startBench()
const admin = server.pool(1)
await admin.query(hardenSql())
const { rows: triggers } = await admin.query<{ evtname: string }>('select evtname from pg_event_trigger')
type Cost = readonly [cpu: number, wall: number]
const costs = new Map<string, { readonly off: Cost[]; readonly on: Cost[] }>()
for (let round = -1; round < rounds; round += 1) {
  for (const how of round % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
    for (const { evtname } of triggers) {
      await admin.query(`alter event trigger ${evtname} ${how === 'on' ? 'enable always' : 'disable'}`)
    }
    for (const [name, statement] of Object.entries(statements)) {
      const [cpu, start] = [await cpuMs(admin), performance.now()]
      for (let place = 0; place < each; place += 1) await admin.query(statement(place))
      const wall = (performance.now() - start) / each
      if (round < 0) continue
      const own = costs.get(name) ?? { off: [], on: [] }
      own[how].push([((await cpuMs(admin)) - cpu) / each, wall])
      costs.set(name, own)
    }
  }
}
await server.stop()

console.log(`\nWith the event triggers against without (n = ${rounds} rounds of ${each} statements each, taking turns)`)
for (const [name, { off, on }] of costs) {
  const [cpu, wall] = ([0, 1] as const).map((unit) => {
    const [less, more] = [off, on].map((values) => median(values.map((cost) => cost[unit]).toSorted((a, b) => a - b)))
    const ratios = on.map((cost, round) => cost[unit] / (off[round]?.[unit] ?? 1)).toSorted((a, b) => a - b)
    return `${less?.toFixed(2)} -> ${more?.toFixed(2)} ms, ${median(ratios).toFixed(1)} x (${ratios[0]?.toFixed(1)}-${ratios.at(-1)?.toFixed(1)})`
  })
  console.log(`  ${name.padEnd(28)} CPU ${cpu}; time ${wall}`)
}
