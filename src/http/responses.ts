/** What every answer says to browsers: guess nothing, keep nothing, run nothing, show it in no frame and to no other site. */
const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** An answer in JSON. A string is JSON text already. */
export function json(value: unknown): Response {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return new Response(text, { headers: { 'content-type': 'application/json' } })
}

/**
 * An answer in JSON of which a part is long: JSON text in pieces, which are sent one after the other, because putting half a
 * megabyte together costs as much as half of reading it from the database.
 */
export function jsonPieces(...pieces: readonly string[]): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        for (const piece of pieces) if (piece !== '') controller.enqueue(Buffer.from(piece))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}

/** An answer in plain text. */
export function text(body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}

/** Adds the security headers that the answer does not have of its own. */
export function secured(answer: Response): Response {
  try {
    addSecurityHeaders(answer.headers)
    return answer
  } catch {
    // An answer of the host's can have headers that do not change, such as that of a fetch.
    const headers = new Headers(answer.headers)
    addSecurityHeaders(headers)
    return new Response(answer.body, { status: answer.status, headers })
  }
}

function addSecurityHeaders(headers: Headers): void {
  for (const [name, value] of Object.entries(securityHeaders)) if (!headers.has(name)) headers.set(name, value)
}

/** The answer to HEAD: that to GET without its body. */
export async function headOf(response: Response): Promise<Response> {
  await response.body?.cancel()
  return new Response(null, { status: response.status, headers: response.headers })
}
