/**
 * A receiver in a process of its own that does what any collector must do with a body: decompress it, split it, parse every
 * event, and answer, for `_bulk` with one item for each. Prints its port; ends with its parent.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** HEC's bodies are objects side by side; between two events stands nothing. */
function parseObjects(text: string): number {
  let count = 0
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit === 0x22) at = endOfString(text, at)
    else if (unit === 0x7b && (depth += 1) === 1) start = at
    else if (unit === 0x7d && (depth -= 1) === 0) {
      JSON.parse(text.slice(start, at + 1))
      count += 1
    }
  }
  return count
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0
    while (text.charCodeAt(at - 1 - escapes) === 0x5c) escapes += 1
    if (escapes % 2 === 0) return at
  }
  return text.length
}

function bulkReply(text: string): string {
  const items: string[] = []
  const lines = text.split('\n')
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const { _id: id } = (JSON.parse(lines[index]!) as { create: { _id: string } }).create
    JSON.parse(lines[index + 1]!)
    items.push(`{"create":{"_index":".ds-logs-1","_id":${JSON.stringify(id)},"status":201}}`)
  }
  return `{"errors":false,"items":[${items.join(',')}]}`
}

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const raw = Buffer.concat(chunks)
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString()
    if (request.url?.includes('_bulk') === true) return response.end(bulkReply(text))
    return response.end(`{"text":"Success","code":0,"events":${parseObjects(text)}}`)
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.stdin.on('end', () => process.exit()).resume()
