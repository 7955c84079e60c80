/** A tier and the event it belongs to. */
export interface DemoTier {
  id: string
  eventId: string
}

const eventIds = ['aurora-live', 'harbor-jazz', 'city-marathon', 'night-opera', 'science-fair']

/** The tiers that SEED=true plants; catalog plants the same ids. */
export const demoTiers: DemoTier[] = eventIds.flatMap((eventId) => [
  { id: `${eventId}-floor`, eventId },
  { id: `${eventId}-balcony`, eventId },
])
