/**
 * The rooms of src/ and which way the arrows point. A room may use those to its left; files outside of a room are everybody's.
 *
 *   canonical, tlog, flags, files  <-  database, telemetry  <-  schema, query  <-  log, sequencer, evidence, retention, witness  <-  sinks, settings, http, console, compliance, cli
 */
const order = [
  ['canonical', 'tlog', 'flags', 'files'],
  ['database', 'telemetry'],
  ['schema', 'query'],
  ['log', 'sequencer', 'evidence', 'retention', 'witness'],
  ['sinks', 'settings', 'http', 'console', 'compliance', 'cli'],
]
const later = (level) =>
  order
    .slice(level + 1)
    .flat()
    .join('|')

module.exports = {
  forbidden: [
    ...order.slice(0, -1).map((rooms, level) => ({
      name: `${rooms.join('-')}-looks-left`,
      severity: 'error',
      from: { path: `^src/(${rooms.join('|')})/` },
      to: { path: `^src/(${later(level)})/` },
    })),
    {
      name: 'pure-rooms-run-in-a-browser',
      comment: 'canonical and tlog know nothing of databases, files or the network',
      severity: 'error',
      from: { path: '^src/(canonical|tlog)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-rooms-have-two-dependencies',
      severity: 'error',
      from: { path: '^src/(canonical|tlog)/' },
      to: {
        dependencyTypes: ['npm', 'npm-peer', 'npm-dev', 'npm-optional'],
        pathNot: 'node_modules/(@noble/|fast-json-stable-stringify/)',
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-undeclared-dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        dependencyTypesNot: ['npm-peer', 'type-only'],
      },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
}
