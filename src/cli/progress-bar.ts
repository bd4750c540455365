import { SingleBar } from 'cli-progress'

/** A progress bar on standard error, for work that takes long. */
export interface ProgressBar {
  /** Shows how much of how much is done. */
  update(done: number, total: number): void
  /** Makes room for a line that is about to be printed. */
  clearLine(): void
  /** Takes it away. */
  stop(): void
}

/** Shows nothing where standard error is no terminal. */
export function progressBar(label: string): ProgressBar {
  if (!process.stderr.isTTY) return { update: () => undefined, clearLine: () => undefined, stop: () => undefined }
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}% | {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  })
  bar.start(1, 0)
  return {
    update(done, total) {
      bar.setTotal(total)
      bar.update(done)
    },
    clearLine: () => void process.stderr.write('\r\u001b[K'),
    stop: () => bar.stop(),
  }
}
