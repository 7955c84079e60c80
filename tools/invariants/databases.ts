import pg from 'pg'

export const SERVICES = ['catalog', 'inventory', 'orders', 'payments'] as const
export type Service = (typeof SERVICES)[number]

const CONNECT_TIMEOUT_MS = 5000
const STATEMENT_TIMEOUT_MS = 120_000
const ROWS_PER_FETCH = 5000
const ROWS_MAX = 5_000_000

/** One connection to each service's database, read only. */
export type Databases = Readonly<Record<Service, pg.Client>>

/**
 * Connects to the four databases of one server, as a role that may read them all.
 * @param env libpq's PGHOST, PGPORT, PGUSER and PGPASSWORD
 * @throws {Error} naming the database that cannot be reached
 */
export async function openDatabases(env: NodeJS.ProcessEnv): Promise<Databases> {
  const opened: Partial<Record<Service, pg.Client>> = {}
  try {
    for (const service of SERVICES) opened[service] = await open(env, service)
  } catch (error) {
    await closeDatabases(opened)
    throw error
  }
  return opened as Databases
}

export async function closeDatabases(databases: Partial<Databases>): Promise<void> {
  await Promise.all(Object.values(databases).map((client) => client.end()))
}

/** Shows each database as it is at one moment from here on, however long it takes to read it. */
export async function freeze(databases: Databases): Promise<void> {
  await Promise.all(SERVICES.map((service) => databases[service].query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')))
}

/** Reads a query's rows a few thousand at a time, so that a large table need not fit in memory as the driver holds it. */
export async function* readRows<Row extends pg.QueryResultRow>(client: pg.Client, query: string): AsyncGenerator<Row> {
  await client.query(`DECLARE reading NO SCROLL CURSOR FOR ${query}`)
  for (let count = 0; ; ) {
    const { rows } = await client.query<Row>(`FETCH ${ROWS_PER_FETCH} FROM reading`)
    if (rows.length === 0) break
    count += rows.length
    if (count > ROWS_MAX) throw new Error(`more than ${ROWS_MAX} rows to check: ${query}`)
    yield* rows
  }
  await client.query('CLOSE reading')
}

async function open(env: NodeJS.ProcessEnv, service: Service): Promise<pg.Client> {
  const { PGHOST: host = '127.0.0.1', PGPORT: port = '5432', PGUSER: user = 'postgres', PGPASSWORD: password } = env
  const client = new pg.Client({
    host,
    port: Number(port),
    user,
    password,
    database: service,
    application_name: 'headroom-invariants',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  })
  // A connection that breaks is told by the query that needed it.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    await client.end().catch(() => undefined)
    const reason = error instanceof Error ? error.message || error.name : String(error)
    throw new Error(
      `the database ${service} at ${host}:${port} cannot be opened as ${user}: ${reason} (PGHOST, PGPORT, PGUSER, PGPASSWORD)`,
    )
  }
  return client
}
