import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where Debian's packages `golang` and `golang-golang-x-mod-dev` put the sources. */
const goPath = '/usr/share/gocode'

/** Whether Go and golang.org/x/mod are installed. */
export function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return existsSync(join(goPath, 'src/golang.org/x/mod/sumdb/tlog'))
  } catch {
    return false
  }
}

/** Builds test/conformance/go in a directory; returns the program. */
export function buildGoProgram(directory: string): string {
  const program = join(directory, 'conformance')
  execFileSync('go', ['build', '-o', program, 'main.go', 'archive.go'], {
    cwd: join(import.meta.dirname, '../conformance/go'),
    env: {
      ...process.env,
      GO111MODULE: 'off',
      GOPATH: goPath,
      GOFLAGS: '',
      GOCACHE: join(directory, 'cache'),
    },
  })
  return program
}
