import t from 'tap'
import { parseCommand } from '../command.ts'

t.test('the command line', async (t) => {
  t.same(parseCommand(['--acks', 'a']), { help: false, acks: 'a', out: null, settleMs: 20_000 })
  t.same(parseCommand(['--acks', '-', '--out', 'b', '--settle-s', '0.5']), { help: false, acks: '-', out: 'b', settleMs: 500 })
  t.equal(parseCommand(['-h']).help, true)
})

t.test('mistakes are named', async (t) => {
  const refused = (args: string, message: RegExp) => t.throws(() => parseCommand(args.split(' ')), { name: 'UsageError', message })
  refused('--out b', /^--acks: must name/)
  refused('--acks a --settle-s soon', /^--settle-s soon: must be a number of seconds up to 3600$/)
  refused('--acks a --settle-s 4000', /^--settle-s 4000: must be/)
  refused('--acks a --ack b', /^Unknown option '--ack': see --help$/)
  refused('a', /see --help$/)
})
