import { createHash } from 'node:crypto'
import { brotliCompressSync, constants } from 'node:zlib'
import { styleText } from './browser/styles.ts'
import { builtFile } from './built-file.ts'

/** A file of the console as it is served. */
export interface ConsoleFile {
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The same, compressed with Brotli. */
  readonly brotli: Uint8Array<ArrayBuffer>
  /** Strong: of the uncompressed bytes. The page asks for the other files with `?v=` and this. */
  readonly etag: string
}

/** Name of each file, relative to `<basePath>/console/`, to its media type. */
const contentTypes: Readonly<Record<string, string>> = {
  'app.js': 'text/javascript; charset=utf-8',
  'start.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  // Last: it names the others.
  'index.html': 'text/html; charset=utf-8',
}

/** The style sheet of the element, for the rows that stand in the page before there is an element. */
const pageStyle = styleText.replace(/:host(?:\(((?:[^()]|\([^()]*\))*)\))?/g, 'audit-log-console$1')

let files: ReadonlyMap<string, ConsoleFile> | undefined

/**
 * The files of the console, by their names below `<basePath>/console/`, for a host that serves them by itself. They hold no
 * data. Made once; a host must put the headers of {@link consoleHeaders} on them.
 */
export function consoleFiles(): ReadonlyMap<string, ConsoleFile> {
  files ??= makeFiles()
  return files
}

function makeFiles(): ReadonlyMap<string, ConsoleFile> {
  const read = new Map<string, ConsoleFile>()
  for (const [name, contentType] of Object.entries(contentTypes)) {
    let bytes = Buffer.from(builtFile(name))
    if (name === 'app.css') bytes = Buffer.from(pageStyle + bytes.toString())
    // The page names the others by what is in them, so that a browser that has them need not ask for them again.
    if (name === 'index.html') {
      bytes = Buffer.from(
        bytes
          .toString()
          .replace(/(?<= (?:href|src)=")[a-z]+\.(?:js|css)(?=")/g, (it) => `${it}?v=${read.get(it)?.etag}`),
      )
    }
    const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
    const etag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
    read.set(name, { contentType, bytes: new Uint8Array(bytes), brotli: new Uint8Array(brotli), etag })
  }
  return read
}

/**
 * What a browser must be told with the files: run and load nothing but these files, talk to nobody but this server, take no
 * markup from a text (Trusted Types), be shown in no other site's frame.
 */
export const consoleHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
}
