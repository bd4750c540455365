/** What a stream brings, in one piece; undefined when that is more than so many bytes: then the rest of it is given up. */
export async function readBounded(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  mostBytes: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const read: Uint8Array[] = []
  let length = 0
  // Leaving the loop ends the stream.
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > mostBytes) return undefined
    read.push(chunk)
  }
  return Buffer.concat(read)
}
