import type pg from 'pg'

/** The demo: one hot event and four quiet ones. Tier ids are `<event>-floor` and `<event>-balcony`, which inventory's seed relies on. */
const demoEvents = [
  { id: 'aurora-live', name: 'Aurora Live', startsAt: '2027-06-18T18:00:00Z', floorCents: 7900, balconyCents: 5900 },
  { id: 'harbor-jazz', name: 'Harbor Jazz Night', startsAt: '2027-05-07T19:30:00Z', floorCents: 4500, balconyCents: 3500 },
  { id: 'city-marathon', name: 'City Marathon', startsAt: '2027-09-26T07:00:00Z', floorCents: 6000, balconyCents: 2500 },
  { id: 'night-opera', name: 'Night at the Opera', startsAt: '2027-11-12T18:30:00Z', floorCents: 9900, balconyCents: 6900 },
  { id: 'science-fair', name: 'Science Fair', startsAt: '2027-03-13T09:00:00Z', floorCents: 1500, balconyCents: 1000 },
]

/** Plants the demo events and their tiers; those that exist stay as they are. */
export async function plantDemoEvents(client: Pick<pg.Client, 'query'>): Promise<void> {
  for (const { id, name, startsAt, floorCents, balconyCents } of demoEvents) {
    await client.query('INSERT INTO events (id, name, starts_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [id, name, startsAt])
    await client.query(
      `INSERT INTO tiers (id, event_id, position, name, price_cents, currency)
       VALUES ($1 || '-floor', $1, 1, 'Floor', $2, 'EUR'), ($1 || '-balcony', $1, 2, 'Balcony', $3, 'EUR') ON CONFLICT DO NOTHING`,
      [id, floorCents, balconyCents],
    )
  }
}
