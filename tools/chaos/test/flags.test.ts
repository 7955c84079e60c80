import t from 'tap'
import { helpText, parseFlags, UsageError } from '../flags.ts'
import { rows } from '../rows.ts'

const names = rows.map(({ name }) => name)

t.test('flags and their defaults', async (t) => {
  t.strictSame(parseFlags([], names), { seed: 1, only: [], quick: false, out: 'out/chaos', fresh: false })
  const args = ['--seed', '7', '--only', 'urls,replace', '--quick', '--fresh', '--out', 'x']
  t.strictSame(parseFlags(args, names), { seed: 7, only: ['urls', 'replace'], quick: true, out: 'x', fresh: true })
  t.equal(parseFlags(['--help'], names), undefined)
  for (const name of names) t.ok(helpText(rows).includes(`  ${name} `), name)
})

t.test('mistakes name the flag and the fix', async (t) => {
  const mistakes: [string[], RegExp][] = [
    [['--only', 'earthquake'], /--only earthquake: no such row; there are replace,/],
    [['--seed', '-1'], /--seed|'-1'|ambiguous/],
    [['--seed', 'x'], /--seed x: must be a whole number/],
    [['--fast'], /Unknown option '--fast'; --help lists the flags/],
    [['urls'], /Unexpected argument 'urls'.*; --help lists the flags/],
  ]
  for (const [args, message] of mistakes) t.throws(() => parseFlags(args, names), message, args.join(' '))
  try {
    parseFlags(['--seed', '1.5'], names)
  } catch (error) {
    t.type(error, UsageError)
  }
})
