import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

// The public API of every entry point as a text in etc/, so that a change of it is seen in review. With --check a report
// that is not up to date is an error; without it the reports are written.

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')
mkdirSync(join(root, 'etc'), { recursive: true })
const manifestFile = join(root, 'package.json')
const { exports } = JSON.parse(readFileSync(manifestFile, 'utf8')) as {
  exports: Record<string, string | { types: string } | { import: { types: string } }>
}

for (const [path, target] of Object.entries(exports)) {
  if (typeof target === 'string') continue
  const { types } = 'import' in target ? target.import : target
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, types),
      // What runs in a browser has the browser's types.
      compiler: { tsconfigFilePath: join(root, path === './console' ? 'src/console/browser' : '', 'tsconfig.json') },
      apiReport: {
        enabled: true,
        reportFileName: path === '.' ? 'index' : path.slice(2).replaceAll('/', '-'),
        reportFolder: join(root, 'etc'),
        reportTempFolder: join(root, 'node_modules/.cache/api-extractor'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        // The types are checked by tsc and the comments by whoever reads them; the reports are about names and signatures.
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: manifestFile,
  })
  const { apiReportChanged } = Extractor.invoke(config, { localBuild: !check, showVerboseMessages: false })
  if (apiReportChanged && check) {
    console.error(`the public API of "${path}" is not what etc/ says: npm run generate, and look at what changed`)
    process.exitCode = 1
  }
}
