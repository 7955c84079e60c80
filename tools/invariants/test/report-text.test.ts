import t from 'tap'
import { INVARIANTS, type Results } from '../check.ts'
import { reportText } from '../report-text.ts'

t.test('the table', async (t) => {
  const good = { holds: true, checked: 12, violationCount: 0, violations: [] }
  const violations = Array.from({ length: 15 }, (_, index) => ({ row: `payments.charges ${index}`, problem: 'captured' }))
  const results = Object.fromEntries(Object.keys(INVARIANTS).map((name) => [name, good])) as unknown as Results
  const lines = reportText({ ...results, I5: { holds: false, checked: 3000, violationCount: 15, violations } }).split('\n')
  t.equal(lines.length, 1 + 8 + 11 + 1)
  t.equal(lines[1], 'I1    yes          12   sold + held + remaining = stock, and none below 0')
  t.equal(lines[5], 'I5    NO         3000   captured = confirmed; cancelled = not captured, or refunded once')
  t.equal(lines[6], '        payments.charges 0: captured')
  t.equal(lines[16], '        and 5 more')
})
