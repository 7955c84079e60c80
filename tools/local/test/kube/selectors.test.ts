import t from 'tap'
import { fieldMatcher, labelMatcher, selectorText } from '../../kube/selectors.ts'
import { event, pod } from './objects.ts'

const orders = pod('orders-1', { app: 'orders', tier: 'back' })

const LABELS: [string | undefined, boolean][] = [
  [undefined, true],
  ['', true],
  ['app=orders', true],
  ['app==orders', true],
  ['app=orders,tier=front', false],
  ['app!=orders', false],
  ['missing!=x', true],
  ['tier in (front, back),app', true],
  ['tier in (front)', false],
  ['tier notin (front)', true],
  ['missing notin (x)', true],
  ['app', true],
  ['!app', false],
  ['!missing', true],
]
for (const [selector, expected] of LABELS) {
  t.test(`label selector ${selector ?? 'none'}`, async (t) => t.equal(labelMatcher(selector)(orders), expected))
}

const FIELDS: [string | undefined, boolean][] = [
  [undefined, true],
  ['metadata.name=orders-1', true],
  ['metadata.name!=orders-1', false],
  ['status.phase==Running,metadata.namespace=default', true],
  ['spec.nodeName=', true],
  ['status.phase=Pending', false],
]
for (const [selector, expected] of FIELDS) {
  t.test(`field selector ${selector ?? 'none'}`, async (t) => t.equal(fieldMatcher(selector)(orders), expected))
}

t.test('events are found by the object they are about', async (t) => {
  t.ok(fieldMatcher('involvedObject.kind=HorizontalPodAutoscaler,involvedObject.name=orders')(event('a')))
})

t.test('text that is no selector is refused by name', async (t) => {
  for (const bad of ['=x', 'a in b', 'app=orders,', 'a b']) t.throws(() => labelMatcher(bad), { code: 400, message: /unable to parse/ })
  t.throws(() => fieldMatcher('metadata.name'), { code: 400 })
})

t.test('the text of a selector made of labels', async (t) => {
  t.equal(selectorText({ app: 'orders', tier: 'back' }), 'app=orders,tier=back')
})
