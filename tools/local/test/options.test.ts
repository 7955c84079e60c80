import t from 'tap'
import { help, parseOptions, UsageError } from '../options.ts'

t.test('the defaults, which the help names', async (t) => {
  const options = parseOptions(['demo'])
  t.match(options, { command: 'demo', port: 3000, out: 'out/demo', keep: false, cpuLimit: true })
  const { speed, rate, factor, calmS, surgeS, afterS } = options ?? {}
  const named = Object.entries({ speed, rate, factor, calm: calmS, surge: surgeS, after: afterS, port: 3000, out: 'out/demo' })
  for (const [flag, value] of named) t.match(help, new RegExp(`--${flag} [A-Z]+ .*\\(default ${value}\\)`))
})

t.test('every flag', async (t) => {
  const flags = '--speed 4 --rate 20 --factor 3 --calm 1 --surge 2.5 --after 3 --port 0 --out /tmp/x --keep --open --no-cpu-limit'
  t.strictSame(parseOptions(['start', ...flags.split(' ')]), {
    command: 'start',
    speed: 4,
    rate: 20,
    factor: 3,
    calmS: 1,
    surgeS: 2.5,
    afterS: 3,
    port: 0,
    out: '/tmp/x',
    keep: true,
    open: true,
    cpuLimit: false,
  })
  for (const [flag] of flags.matchAll(/--[a-z-]+/g)) t.match(help, flag)
})

t.test('help, with or without a command', async (t) => {
  t.equal(parseOptions(['--help']), undefined)
  t.equal(parseOptions(['demo', '--help']), undefined)
})

const refused: [args: string, sentence: string][] = [
  ['', 'say what to do: demo or start; --help lists the options'],
  ['dmeo', 'say what to do: demo or start, not "dmeo"; --help lists the options'],
  ['demo twice', '"twice" is not expected after demo; --help lists the options'],
  ['demo --sped 4', "Unknown option '--sped'; --help lists the options"],
  ['demo --keep=yes', "Option '--keep' does not take an argument; --help lists the options"],
  ['demo --rate', "Option '--rate <value>' argument missing; --help lists the options"],
  ['demo --rate=fast', '--rate fast: must be a number from 1 to 5000'],
  ['demo --rate=', '--rate : must be a number from 1 to 5000'],
  ['demo --rate=0', '--rate 0: must be a number from 1 to 5000'],
  ['demo --speed=61', '--speed 61: must be a number from 1 to 60'],
  ['demo --factor=0.5', '--factor 0.5: must be a number from 1 to 100'],
  ['demo --calm=-1', '--calm -1: must be a number from 1 to 3600'],
  ['demo --surge=Infinity', '--surge Infinity: must be a number from 1 to 3600'],
  ['demo --after=NaN', '--after NaN: must be a number from 1 to 3600'],
  ['demo --port=80.5', '--port 80.5: must be a whole number from 0 to 65535'],
  ['demo --port=65536', '--port 65536: must be a whole number from 0 to 65535'],
]

for (const [args, sentence] of refused) {
  t.test(`refused: ${args || 'nothing'}`, async (t) => {
    t.plan(2)
    try {
      parseOptions(args === '' ? [] : args.split(' '))
    } catch (error) {
      t.ok(error instanceof UsageError)
      t.equal((error as Error).message, sentence)
    }
  })
}
