import t from 'tap'
import { UsageError } from '../errors.ts'
import { numberOf, parseCommandLine } from '../flags.ts'

t.test('commands and their flags', async (t) => {
  t.match(parseCommandLine(['demo', '--kind', '--rate', '30']), {
    command: 'demo',
    values: { kind: true, rate: '30', namespace: 'headroom' },
  })
  t.match(parseCommandLine(['image', 'orders', 'hello', '--registry', 'r.example/x', '--push']), {
    command: 'image',
    names: ['orders', 'hello'],
  })
  t.match(parseCommandLine(['release', '--service', 'orders', '--tag', '1.2.3']), { values: { service: 'orders', tag: '1.2.3' } })
  t.equal(parseCommandLine(['scale', '--help']), undefined)
})

t.test('what cannot be meant is refused with the flag and the fix', async (t) => {
  const refused: [string[], RegExp][] = [
    [[], /Say what to do: image, up/],
    [['fly'], /"fly" is no command/],
    [['up', '--rate', '3'], /--rate is no flag of up/],
    [['up', '--colour'], /Unknown option '--colour'/],
    [['up', 'orders'], /"orders" is not expected after up/],
    [['image', '--push'], /--push needs --registry/],
    [['up', '--tag', 'latest'], /--tag latest/],
    [['up', '--tag', 'a b'], /--tag a b/],
    [['up', '--registry', 'HTTP://x'], /--registry HTTP/],
    [['up', '--namespace', 'A_b'], /--namespace A_b/],
    [['up', '--profile', 'huge'], /--profile huge: kind or kind-ha/],
    [['release', '--tag', '1'], /--service/],
    [['release', '--service', 'orders'], /--tag/],
    [['demo'], /--kind, or --registry/],
    [['demo', '--kind', '--registry', 'r.example'], /either --kind, or --registry/],
  ]
  for (const [args, message] of refused) t.throws(() => parseCommandLine(args), { name: 'UsageError', message }, args.join(' '))
})

t.test('numbers have a range, and the message names the flag', async (t) => {
  const line = parseCommandLine(['demo', '--kind', '--rate', '0', '--surge', 'x'])
  if (!line) return t.fail('help')
  t.equal(numberOf(line.values, 'factor', 1, 100), 20)
  t.throws(() => numberOf(line.values, 'rate', 1, 5000), new UsageError('--rate 0: must be a number from 1 to 5000.'))
  t.throws(() => numberOf(line.values, 'surge', 1, 5000), { message: /--surge x/ })
})
