/** Resolves when what is in the document has been drawn: work that nobody sees does not keep anybody from seeing. */
export function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)))
}
