/** One event, two dialects: core/v1 is what is stored, events.k8s.io/v1 is a view of it. */
import type { KubeEvent, KubeObject } from './types.ts'

export function asEventsV1(event: KubeEvent): KubeObject {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, ...rest } = event
  return {
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    eventTime: event.eventTime ?? null,
    reportingController: reportingComponent ?? source?.component ?? '',
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  } as KubeObject
}

interface EventV1 extends KubeObject {
  regarding?: KubeEvent['involvedObject']
  note?: string
  type?: string
  reason?: string
  eventTime?: string | null
  reportingController?: string
  deprecatedSource?: KubeEvent['source']
  deprecatedFirstTimestamp?: string | null
  deprecatedLastTimestamp?: string | null
  deprecatedCount?: number
}

export function asCoreEvent(object: KubeObject): KubeEvent {
  const {
    regarding,
    note,
    reportingController,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...rest
  } = object as EventV1
  return {
    ...rest,
    apiVersion: 'v1',
    type: rest.type === 'Warning' ? 'Warning' : 'Normal',
    reason: rest.reason ?? '',
    involvedObject: regarding ?? { kind: '', name: '' },
    message: note ?? '',
    reportingComponent: reportingController,
    source: deprecatedSource ?? { component: reportingController },
    firstTimestamp: deprecatedFirstTimestamp ?? rest.eventTime,
    lastTimestamp: deprecatedLastTimestamp ?? rest.eventTime,
    count: deprecatedCount ?? 1,
  }
}
