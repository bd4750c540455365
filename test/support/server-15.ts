import { provideServer } from './server.ts'

/** Global setup of the project that runs on PostgreSQL 15. */
const setup: ReturnType<typeof provideServer> = provideServer(15)
export default setup
