import { deflateRawSync } from 'node:zlib'
import t from 'tap'
import { withParameters } from '../../scripts/charts/readme.ts'
import { schemaOf } from '../../scripts/charts/schema.ts'
import { readParameters } from '../../scripts/charts/values.ts'
import { unzip } from '../../scripts/charts/zip.ts'

const values = `
# The head of the file.

# First | words.
# More words.
# @schema {"minimum": 1}
first: 2

group:
  # Below.
  text: ""
  # A list.
  # @schema {"items": {"type": "string"}}
  list: []
# Whatever is in it.
# @schema {"additionalProperties": {"type": "string"}}
open: {a: b}
# Of another chart.
other: {x: 1}
`

t.test('values.yaml is read with its comments', async (t) => {
  const [first, group, open] = readParameters(values)
  t.match(first, { path: 'first', description: 'First | words. More words.', hint: { minimum: 1 }, fallback: 2, children: [] })
  t.match(group?.children, [
    { path: 'group.text', description: 'Below.' },
    { path: 'group.list', description: 'A list.', fallback: [] },
  ])
  t.strictSame(open?.fallback, { a: 'b' })
  t.throws(() => readParameters('a: 1'), /a has no comment that describes it/)
  t.throws(() => readParameters('# A.\n# @schema {x}\na: 1'), /the @schema of a is not JSON/)
  t.throws(() => readParameters('- a'), /not a mapping/)
})

t.test('the schema is closed wherever values.yaml names the keys', async (t) => {
  const { properties, additionalProperties } = schemaOf(readParameters(values), 'Values', new Set(['other']))
  t.equal(additionalProperties, false)
  t.strictSame(properties, {
    first: { type: 'integer', description: 'First | words. More words.', minimum: 1 },
    group: {
      type: 'object',
      additionalProperties: false,
      properties: {
        text: { type: 'string', description: 'Below.' },
        list: { type: 'array', description: 'A list.', items: { type: 'string' } },
      },
    },
    open: { type: 'object', description: 'Whatever is in it.', additionalProperties: { type: 'string' } },
    other: { type: 'object', description: 'Of another chart.' },
    global: { type: 'object' },
  })
})

t.test('the table replaces what was between the marks, and nothing else', async (t) => {
  const marks = ['<!-- parameters: generated from values.yaml by `npm run generate` -->', '<!-- /parameters -->']
  const made = withParameters(`before\n${marks[0]}\nold\n${marks[1]}\nafter\n`, readParameters(values), new Set(['other']))
  t.ok(made.startsWith(`before\n${marks[0]}\n| key |`) && made.endsWith(`|\n${marks[1]}\nafter\n`))
  t.match(made, '| `first` | `2` | First \\| words. More words. |')
  t.match(made, '| `group.list` | `[]` | A list. |')
  t.match(made, '| `other` | [service](../service/README.md#parameters) | Of another chart. |')
  t.notMatch(made, 'old')
  t.equal(withParameters(made, readParameters(values), new Set(['other'])), made, 'twice is once')
  t.throws(() => withParameters('no marks', [], new Set()), /lacks the lines/)
})

/** A zip archive of one file, as APPNOTE.TXT 4.3 lays it out. */
function archive(name: string, contents: Buffer, method: 0 | 8): Buffer {
  const bytes = method === 8 ? deflateRawSync(contents) : contents
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(name.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(method, 10)
  entry.writeUInt32LE(bytes.length, 20)
  entry.writeUInt16LE(name.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(local.length + name.length + bytes.length, 16)
  return Buffer.concat([local, Buffer.from(name), bytes, entry, Buffer.from(name), end])
}

t.test('a file is read out of a zip archive', async (t) => {
  const contents = Buffer.from('x'.repeat(5000))
  for (const method of [0, 8] as const) t.same(unzip(archive('helm/helm', contents, method), 'helm/helm'), contents)
  t.throws(() => unzip(archive('other', contents, 8), 'helm/helm'), /has no helm\/helm/)
  t.throws(() => unzip(Buffer.from('no archive at all, by any measure'), 'helm/helm'), /not a zip archive/)
})
