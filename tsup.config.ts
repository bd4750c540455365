import { defineConfig } from 'tsup'

type Config = ReturnType<typeof defineConfig>

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
  // The page for people: one file for browsers, with what it is shown in.
  {
    ...common,
    entry: { app: 'src/console/browser/audit-log-console.ts' },
    tsconfig: 'src/console/browser/tsconfig.json',
    target: 'es2022',
    platform: 'browser',
    format: ['esm'],
    minify: true,
    treeshake: true,
    noExternal: [/.*/],
    splitting: false,
    dts: true,
    outDir: 'dist/console',
    publicDir: 'src/console/static',
  },
  // What the page runs first. A classic script: it need not wait for the document.
  {
    ...common,
    entry: { start: 'src/console/browser/start.ts' },
    tsconfig: 'src/console/browser/tsconfig.json',
    target: 'es2022',
    platform: 'browser',
    format: ['iife'],
    outExtension: () => ({ js: '.js' }),
    minify: true,
    dts: false,
    outDir: 'dist/console',
  },
])

export default config
