import { provideServer } from './server.ts'

/** Global setup of the project that runs on PostgreSQL 18. */
const setup: ReturnType<typeof provideServer> = provideServer(18)
export default setup
