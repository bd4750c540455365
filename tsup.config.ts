import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import type { Plugin } from 'esbuild'
import { defineConfig } from 'tsup'

type Config = ReturnType<typeof defineConfig>

const builtFile = (name: string): string =>
  brotliCompressSync(readFileSync(new URL(`dist/console/${name}`, import.meta.url))).toString('base64')

/** Puts the page for people, which tsup.console.config.ts has built before, into the place of src/console/built-file.ts. */
const consoleInside: Plugin = {
  name: 'console-inside',
  setup(build) {
    build.onLoad({ filter: /[\\/]console[\\/]built-file\.ts$/ }, () => ({
      loader: 'js',
      contents: `import { brotliDecompressSync } from 'node:zlib'
        const files = ${JSON.stringify(Object.fromEntries(['app.js', 'start.js', 'app.css', 'index.html'].map((name) => [name, builtFile(name)])))}
        export const builtFile = (name) => brotliDecompressSync(Buffer.from(files[name], 'base64'))`,
    }))
  },
}

const common = { target: 'node20', loader: { '.sql': 'text' }, clean: false, sourcemap: false } as const

const config: Config = defineConfig([
  {
    ...common,
    entry: {
      index: 'src/index.ts',
      canonical: 'src/canonical/index.ts',
      tlog: 'src/tlog/index.ts',
      http: 'src/http/index.ts',
      witness: 'src/witness/index.ts',
      sinks: 'src/sinks/index.ts',
      settings: 'src/settings/index.ts',
      context: 'src/log/context/index.ts',
      opentelemetry: 'src/telemetry/open-telemetry.ts',
    },
    format: ['esm', 'cjs'],
    splitting: true,
    esbuildPlugins: [consoleInside],
    // import.meta.url in CommonJS: the verifier starts its threads from a file beside this one.
    shims: true,
    dts: true,
  },
  {
    ...common,
    entry: { cli: 'src/cli/cli.ts', 'verify-worker': 'src/evidence/verify-worker.ts' },
    format: ['esm'],
    dts: false,
    splitting: true,
    external: ['./index.js'],
  },
])

export default config
