/** Whether a JSON text has control characters, which canonical JSON has not. */
export function hasControls(json: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u001f]/.test(json)
}
