import { defineConfig } from 'tsup'

type Config = ReturnType<typeof defineConfig>

const common = { target: 'es2022', platform: 'browser', clean: false, sourcemap: false, minify: true } as const

// Built first: tsup.config.ts puts the files into the library.
const config: Config = defineConfig([
  // The page for people: one file for browsers, with what it is shown in.
  {
    ...common,
    entry: { app: 'src/console/browser/audit-log-console.ts' },
    tsconfig: 'src/console/browser/tsconfig.json',
    format: ['esm'],
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
    format: ['iife'],
    outExtension: () => ({ js: '.js' }),
    dts: false,
    outDir: 'dist/console',
  },
])

export default config
