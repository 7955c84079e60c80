import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseProfile, readProfileFile } from '../profile-file.ts'

t.test('a profile file', async (t) => {
  const path = join(t.testdir(), 'evening.yaml')
  writeFileSync(path, 'stages:\n  - { name: calm, rate: 40, duration: 20s }\n  - name: rush\n    rate: 250.5\n    duration: 1m\n')
  t.same(readProfileFile(path), [
    { name: 'calm', durationS: 20, ratePerS: 40 },
    { name: 'rush', durationS: 60, ratePerS: 250.5 },
  ])
  t.throws(() => readProfileFile(`${path}.no`), { name: 'UsageError', message: /cannot be read/ })
  writeFileSync(path, '{}')
  t.throws(() => readProfileFile(path), { message: `${path}: stages: must be a list` })
  writeFileSync(path, '#'.repeat(70_000))
  t.throws(() => readProfileFile(path), { name: 'UsageError', message: /longer than/ })
})

const MISTAKES = {
  'stages:\n - {name: a, rate: 1, duration: 1s}\n - {name: b, rate: 0, duration: 1s}': 'stages[1].rate: must be a number > 0',
  'stages: [{name: a, rate: "1", duration: 1s}]': 'stages[0].rate: must be a number > 0',
  'stages: [{name: a, rate: .inf, duration: 1s}]': 'stages[0].rate: must be a number > 0',
  'stages: [{name: a, rate: 1, duration: 20}]': 'stages[0].duration: must be a duration such as 500ms, 20s or 2m',
  'stages: [{name: a, duration: 1s, rat: 1}]': 'stages[0].rat: unknown key, must be one of name, rate, duration',
  'stages: [{name: "", rate: 1, duration: 1s}]': 'stages[0].name: must be 1 to 40 letters, digits, "-" or "_"',
  'stages: [1]': 'stages[0]: must be a mapping with the keys name, rate, duration',
  'stages: []': 'stages: must have at least one stage',
  'steps: []': 'steps: unknown key, must be one of stages',
  '- 1': 'the file: must be a mapping with the keys stages',
  'stages: [{name: a, rate: 1, duration: 2h}]': 'stages: together last 7200 s, the limit is 3600 s (1 h)',
}

for (const [text, message] of Object.entries(MISTAKES)) {
  t.test(message, async (t) => {
    t.throws(() => parseProfile(text), { name: 'UsageError', message })
  })
}

t.test('what is no YAML at all', async (t) => {
  t.throws(() => parseProfile('stages: [{'), { name: 'UsageError', message: /^not YAML: / })
})
