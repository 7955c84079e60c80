import t from 'tap'
import { type BaseConfig, baseProperties, type Config, ConfigError, defineConfig } from '../config.ts'
import { Type } from '../schema.ts'

/** The problems that a configuration is refused with; none when it is accepted. */
function refused(config: Config<BaseConfig>, env: Record<string, string | undefined>): string[] {
  try {
    config.load(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const base = defineConfig({})
const shop = defineConfig({
  STOCK_PATH: Type.String({ minLength: 1, description: 'Where the stock is.' }),
  SHOP_OPEN: Type.Boolean({ default: false, description: 'Whether it sells.' }),
  PGPASSWORD: Type.String({ default: '', maxLength: 8, description: 'Secret.' }),
  SESSION_SECRET: Type.Enum(['a', 'b'], { default: 'a', description: 'Secret.' }),
})

t.test('an empty environment gives every shared key its default', async (t) => {
  const config = base.load({})
  t.strictSame(Object.keys(config).sort(), Object.keys(baseProperties).sort())
  t.match(config, { HOST: '0.0.0.0', PORT: 3000, OPS_PORT: 9000, LOG_LEVEL: 'info', LOG_SAMPLE_RATIO: 0.01 })
  t.match(config, { DRAIN_DELAY_MS: 6000, SHUTDOWN_TIMEOUT_MS: 20_000, CONNECTION_MAX_AGE_MS: 2000 })
})

t.test('text becomes the type that is declared, and only what is declared is kept', async (t) => {
  const config = shop.load({ STOCK_PATH: '42', SHOP_OPEN: 'true', PORT: '0', LOG_SAMPLE_RATIO: '0.5', TERM: 'xterm' })
  t.match(config, { STOCK_PATH: '42', SHOP_OPEN: true, PORT: 0, LOG_SAMPLE_RATIO: 0.5 })
  t.notOk('TERM' in config)
})

t.test('a configuration is frozen, and neither the environment nor the defaults are shared', async (t) => {
  const env = { PORT: '1' }
  const config = base.load(env)
  t.ok(Object.isFrozen(config))
  t.throws(() => Object.assign(config, { PORT: 2 }), TypeError)
  t.strictSame(env, { PORT: '1' }, 'the environment is left as it was')
  t.equal(base.load({}).PORT, 3000)
})

t.test('a key that is unset takes its default, one that is empty does not', async (t) => {
  t.equal(base.load({ PORT: undefined }).PORT, 3000)
  t.match(refused(base, { PORT: '' }), [/^PORT must be integer; it is ""$/])
})

t.test('every bad key is told at once, each with its value', async (t) => {
  const problems = refused(shop, { PORT: '70000', OPS_PORT: 'nine', LOG_LEVEL: 'loud', LOG_SAMPLE_RATIO: '-1', DRAIN_DELAY_MS: '1.5' })
  t.strictSame(problems.sort(), [
    'DRAIN_DELAY_MS must be integer; it is "1.5"',
    'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent; it is "loud"',
    'LOG_SAMPLE_RATIO must be >= 0; it is "-1"',
    'OPS_PORT must be integer; it is "nine"',
    'PORT must be <= 65535; it is "70000"',
    'STOCK_PATH is required and not set',
  ])
})

t.test('the error says in its message what it lists', async (t) => {
  t.throws(() => base.load({ PORT: 'x', OPS_PORT: 'y' }), {
    name: 'ConfigError',
    message: 'configuration cannot be used:\n  - PORT must be integer; it is "x"\n  - OPS_PORT must be integer; it is "y"',
  })
})

t.test('a secret is named, never printed', async (t) => {
  const problems = refused(shop, { STOCK_PATH: 'x', PGPASSWORD: 'correct-horse', SESSION_SECRET: 'battery-staple' })
  t.equal(problems.length, 2)
  t.match(problems.join(), /PGPASSWORD must NOT have more than 8 characters; it is \(hidden\)/)
  t.match(problems.join(), /SESSION_SECRET must be one of a, b; it is \(hidden\)/)
  t.notMatch(problems.join(), /horse|staple/)
})

t.test('so is a key, a credential, a DSN, and the user of a URL under any name', async (t) => {
  const text = (maxLength: number) => Type.String({ default: '', maxLength, description: 'Secret.' })
  const url = Type.String({ default: '', pattern: '^https?://[^/@]+$', description: 'Address.' })
  const config = defineConfig({ SIGNING_KEY: text(3), CLOUD_CREDENTIALS: text(3), REPORT_DSN: text(3), PEER_URL: url, OTHER_URL: url })
  const env = { SIGNING_KEY: 'horse', CLOUD_CREDENTIALS: 'horse', REPORT_DSN: 'horse', PEER_URL: 'http://me:h/o@rse@peer:1' }
  const problems = refused(config, { ...env, OTHER_URL: 'ftp://peer' })
  t.equal(problems.length, 5)
  t.equal(problems.filter((problem) => problem.endsWith('; it is (hidden)')).length, 4)
  t.match(problems.join(), /OTHER_URL .* it is "ftp:\/\/peer"/, 'an address without a user is shown')
  t.notMatch(problems.join(), /horse|rse@|me:/)
})

t.test('a name one slip away from a key is refused with the key that was meant', async (t) => {
  for (const [name, meant] of [
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['LOG_LEVE', 'LOG_LEVEL'],
    ['OPS_PORTS', 'OPS_PORT'],
    ['DRAIN_DELAY_MX', 'DRAIN_DELAY_MS'],
  ] as const)
    t.strictSame(refused(base, { [name]: '1' }), [`${name} is not a key of this service; did you mean ${meant}?`])
})

t.test('a name is let pass when it is far from every key, too short, or the key it resembles is set too', async (t) => {
  t.strictSame(refused(base, { LOG_LEVELING: '1', PATH: '/bin', PORTS: '1', HOSTS: 'x' }), [])
  t.strictSame(refused(base, { OPS_PORT: '1', OPS_PORTS: '2' }), [])
})

t.test('a misspelled required key is told beside the missing one', async (t) => {
  t.strictSame(refused(shop, { STOCK_PAHT: 'x' }), [
    'STOCK_PAHT is not a key of this service; did you mean STOCK_PATH?',
    'STOCK_PATH is required and not set',
  ])
})

t.test('a drain that could not end in time is refused, and inherited names are no configuration', async (t) => {
  const { load } = defineConfig({})
  t.throws(() => load({ DRAIN_DELAY_MS: '5000', SHUTDOWN_TIMEOUT_MS: '5000' }), /SHUTDOWN_TIMEOUT_MS must exceed DRAIN_DELAY_MS/)
  t.equal(load({ DRAIN_DELAY_MS: '5000', SHUTDOWN_TIMEOUT_MS: '5001' }).DRAIN_DELAY_MS, 5000)
  t.notOk(Object.hasOwn(load({ toString: 'x' }), 'toString'))
})
