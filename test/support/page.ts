import { readFile } from 'node:fs/promises'

/** The fenced blocks of one language in a page of docs/, in order. */
export async function blocksOf(page: string, language: string): Promise<string[]> {
  const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, name, block]) =>
    name === language && block !== undefined ? [block] : [],
  )
}
