import t, { type Test } from 'tap'
import { sound } from './objects.ts'
import { find, type KubeObject, service, withHelm } from './render.ts'

/** Renders one set of values, checks it as every render is checked, then what the set is about. */
export function feature(
  name: string,
  values: object,
  holds: (t: Test, objects: KubeObject[]) => void,
  more: Parameters<typeof service>[1] = {},
): void {
  t.test(name, withHelm, async (t) => {
    const objects = await service(values, more)
    sound(t, objects, name)
    holds(t, objects)
  })
}

/** The app's container. */
export const container = (objects: KubeObject[]) => find(objects, 'Deployment').spec.template.spec.containers[0]
/** What the Deployment's pods are made of. */
export const podOf = (objects: KubeObject[]) => find(objects, 'Deployment').spec.template
