import { build } from 'esbuild'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type * as Canonical from '../../../src/canonical/index.ts'
import { hashEntry, verifyEntry } from '../../../src/canonical/index.ts'
import { sampleEntry } from '../../support/sample-entry.ts'

let canonical: typeof Canonical

// A browser has no `process.getBuiltinModule`; what Node has and a browser has not is hidden while the modules load.
beforeEach(async () => {
  vi.resetModules()
  const hidden = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
  canonical = await import('../../../src/canonical/index.ts')
  expect(hidden).toHaveBeenCalledWith('node:crypto')
  hidden.mockRestore()
})
afterEach(() => {
  vi.resetModules()
})

const entry = sampleEntry({ user_id: 'ä\u{1f600}', details: { text: '\u0000€' } })

test('a browser computes the same hash and verifies the same entries', () => {
  expect(canonical.hashEntry(entry)).toBe(hashEntry(entry))
  expect(canonical.verifyEntry(entry)).toBe(true)
  expect(canonical.verifyEntry({ ...entry, user_id: 'mallory' })).toBe(false)
})

test('the bundle for a browser needs nothing of Node and runs without it', async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/canonical/index.ts'],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'canonical',
    write: false,
  })
  const code = outputFiles[0]?.text ?? ''
  // oxlint-disable-next-line typescript/no-implied-eval -- this is how a page would run it
  const run = new Function('process', 'require', 'Buffer', `${code}; return canonical`) as () => typeof Canonical
  const bundled = run()
  expect(bundled.hashEntry(entry)).toBe(hashEntry(entry))
  expect(bundled.verifyEntry(entry)).toBe(verifyEntry(entry))
})
