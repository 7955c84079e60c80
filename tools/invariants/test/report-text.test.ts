import t from 'tap'
import type { Results } from '../check.ts'
import { reportText } from '../report-text.ts'

t.test('the table', async (t) => {
  const good = { holds: true, checked: 12, violationCount: 0, violations: [] }
  const violations = Array.from({ length: 15 }, (_, index) => ({ row: `payments.charges ${index}`, problem: 'captured' }))
  const bad = { holds: false, checked: 3000, violationCount: 15, violations }
  const results: Results = { I1: good, I2: good, I3: good, I4: good, I5: bad, I6: good, I7: good, I8: good }
  const lines = reportText(results).split('\n')
  t.equal(lines.length, 1 + 8 + 11 + 1)
  t.equal(lines[1], 'I1    yes          12   sold + held + remaining = stock, and none below 0')
  t.equal(lines[5], 'I5    NO         3000   captured = confirmed; cancelled = not captured, or refunded once')
  t.equal(lines[6], '        payments.charges 0: captured')
  t.equal(lines[16], '        and 5 more')
})
