import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseCommand } from '../flags.ts'
import { HELP } from '../help.ts'
import { DEFAULTS } from '../load-options.ts'

const URL = 'http://127.0.0.1:3000'

t.test('defaults', async (t) => {
  const { load, out, acks, help } = parseCommand([URL])
  t.same(load, {
    url: URL,
    stages: [{ name: 'steady', durationS: 60, ratePerS: 40 }],
    arrivals: 'poisson',
    seed: 1,
    mix: { browse: 45, view: 30, order: 15, read: 10 },
    hotEvent: 'aurora-live',
    hotShare: DEFAULTS.hotShare,
    limits: DEFAULTS.limits,
    timeoutMs: 5000,
  })
  t.same([out, acks, help], [null, null, false])
})

t.test('a surge with everything said', async (t) => {
  const { load, out, acks } = parseCommand(
    `${URL} --profile surge --rate 12.5 --factor 4 --calm 2s --surge 1m --after 500ms --arrivals uniform --seed 9 --mix order=1,read=2
     --hot-event a --hot-share 1 --connections 2000 --queue-max 5 --timeout-ms 250 --on-time-ms 99 --out dir --acks -`.split(/\s+/),
  )
  t.match(load.stages, [{ durationS: 2, ratePerS: 12.5 }, { durationS: 60, ratePerS: 50 }, { durationS: 0.5 }])
  t.match(load, { arrivals: 'uniform', seed: 9, hotEvent: 'a', hotShare: 1, timeoutMs: 250, onTimeMs: 99 })
  t.same(load.mix, { browse: 0, view: 0, order: 1, read: 2 })
  t.same(load.limits, { connections: 2000, connectionsMax: 2000, queueMax: 5 })
  t.same([out, acks], ['dir', '-'])
})

t.test('other profiles', async (t) => {
  t.equal(parseCommand([URL, '--profile', 'steps', '--steps', '3']).load.stages.length, 3)
  const file = join(t.testdir(), 'p.yml')
  writeFileSync(file, 'stages: [{ name: a, rate: 1, duration: 1s }]')
  t.same(parseCommand([URL, '--profile', file]).load.stages, [{ name: 'a', durationS: 1, ratePerS: 1 }])
  t.equal(parseCommand([URL, '--url-path', '/hello']).load.urlPath, '/hello')
})

const MISTAKES: [string, RegExp][] = [
  ['', /^the target is missing: give its URL/],
  [`${URL} ${URL}`, /one argument too many/],
  [`${URL} --rat 5`, /^Unknown option '--rat': see --help$/],
  [`${URL} --rate`, /--rate.*argument missing: see --help$/],
  [`${URL} --rate 0`, /^--rate 0: must be a number above 0$/],
  [`${URL} --rate fast`, /^--rate fast: must be a number above 0$/],
  [`${URL} --rate 1e9`, /^--rate 1e9: must be a number above 0$/],
  [`${URL} --seed 1.5`, /^--seed 1.5: must be a whole number from 0 up to 2147483648$/],
  [`${URL} --connections 0`, /^--connections 0: must be a whole number above 0$/],
  [`${URL} --connections 5 --connections-max 4`, /^--connections-max 4: must be at least --connections 5$/],
  [`${URL} --hot-share 1.5`, /^--hot-share 1.5: must be a number from 0 up to 1$/],
  [`${URL} --duration 60`, /^--duration 60: must be a duration such as 500ms, 20s or 2m$/],
  [`${URL} --profile wave`, /^--profile wave: must be steady, surge, steps or a .yaml file$/],
  [`${URL} --calm 5s`, /^--calm: has no meaning with --profile steady$/],
  [`${URL} --profile surge --duration 5s`, /^--duration: has no meaning with --profile surge$/],
  [`${URL} --profile x.yaml --rate 5`, /^--rate: has no meaning with --profile x.yaml$/],
  [`${URL} --profile none.yaml`, /^--profile none.yaml: cannot be read/],
  [`${URL} --arrivals random`, /^--arrivals random: must be poisson or uniform$/],
  [`${URL} --mix buy=1`, /^--mix "buy=1": must be browse, view, order or read/],
  [`${URL} --mix order`, /^--mix "order": must be/],
  [`${URL} --mix order=0`, /^--mix: at least one journey/],
]

for (const [args, message] of MISTAKES) {
  t.test(`"${args}" is refused`, async (t) => {
    t.throws(() => parseCommand(args.split(' ').filter(Boolean)), { name: 'UsageError', message })
  })
}

t.test('the help names every flag, and no other', async (t) => {
  t.equal(parseCommand(['--help']).help, true)
  for (const flag of new Set(HELP.match(/--[a-z-]+/g))) {
    if (flag === '--help') continue
    t.throws(() => parseCommand([URL, flag]), { message: /argument missing/ }, `${flag} exists`)
  }
})
