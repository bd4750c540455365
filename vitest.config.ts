import { readFile } from 'node:fs/promises'
import { defineConfig, type Plugin } from 'vitest/config'

/** What tsup's text loader does for the files of sql/. */
const sqlAsText: Plugin = {
  name: 'sql-as-text',
  enforce: 'pre',
  async load(id) {
    return id.endsWith('.sql') ? `export default ${JSON.stringify(await readFile(id, 'utf8'))}` : undefined
  },
}

// Servers and processes are started and killed for real, so on a machine that is busy with other things a time-out says
// nothing: a run in CI gives such a test one more chance.
const common = {
  testTimeout: 120_000,
  hookTimeout: 180_000,
  retry: process.env['CI'] === undefined ? 0 : 1,
  expect: { poll: { timeout: 60_000 } },
}
const plugins = [sqlAsText]
// The oldest and the newest PostgreSQL that is supported; with DATABASE_URL the one that it names.
const majors = process.env['DATABASE_URL'] === undefined ? [15, 18] : [18]

const config: ReturnType<typeof defineConfig> = defineConfig({
  test: {
    maxWorkers: 3,
    projects: [
      { plugins, test: { ...common, name: 'pure', include: ['test/pure/**/*.test.ts'] } },
      ...majors.map((major) => ({
        plugins,
        test: {
          ...common,
          name: process.env['DATABASE_URL'] === undefined ? `postgres-${major}` : 'postgres',
          include: ['test/database/**/*.test.ts'],
          globalSetup: `test/support/server-${major}.ts`,
        },
      })),
      // The other Kysely that hosts may have.
      {
        plugins,
        resolve: { alias: { kysely: 'kysely-0.29' } },
        test: {
          ...common,
          name: 'kysely-0.29',
          include: ['test/database/query/**/*.test.ts', 'test/database/log/audit-logger.test.ts'],
          globalSetup: 'test/support/server-18.ts',
        },
      },
      { plugins, test: { ...common, name: 'pglite', include: ['test/pglite/**/*.test.ts'] } },
      // Debian's Chromium against the build: npm run build.
      { plugins, test: { ...common, name: 'browser', include: ['test/browser/**/*.test.ts'] } },
      { plugins, test: { ...common, name: 'conformance', include: ['test/conformance/**/*.test.ts'] } },
      { plugins, test: { ...common, name: 'package', include: ['test/package/**/*.test.ts'], testTimeout: 300_000 } },
    ],
  },
})
export default config
