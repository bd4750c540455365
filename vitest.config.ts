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

const config: ReturnType<typeof defineConfig> = defineConfig({
  plugins: [sqlAsText],
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
})

export default config
