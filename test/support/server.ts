import { PostgreSqlContainer } from '@testcontainers/postgresql'
import { getContainerRuntimeClient } from 'testcontainers'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser connection string of the server that the project's tests run on. */
    serverUrl: string
  }
}

/**
 * A real PostgreSQL for the tests: the one that `DATABASE_URL` names (a superuser on a server that may be littered with
 * databases and roles), or else a container when a Docker engine answers, or else the server that comes with npm.
 */
export async function startServer(major: 15 | 18): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const url = process.env['DATABASE_URL']
  if (url !== undefined) return { url, stop: () => Promise.resolve() }
  if (await dockerAnswers()) {
    const container = await new PostgreSqlContainer(`postgres:${major}-alpine`)
      .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'max_prepared_transactions=10'])
      .start()
    return { url: container.getConnectionUri(), stop: async () => void (await container.stop()) }
  }
  return startEmbeddedPostgres({ major })
}

/** A vitest global setup that provides a server of one major version. */
export function provideServer(major: 15 | 18): (project: TestProject) => Promise<() => Promise<void>> {
  return async (project) => {
    const server = await startServer(major)
    project.provide('serverUrl', server.url)
    return () => server.stop()
  }
}

async function dockerAnswers(): Promise<boolean> {
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  )
}
