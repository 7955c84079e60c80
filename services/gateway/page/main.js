import { buy, messageOf, patiently } from './shop.js'

const at = (id) => document.getElementById(id)
const pollMs = 2000
let chosen
let polling

const price = (cents, currency) => new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(cents / 100)

function say(words, is = '') {
  at('outcome').textContent = words
  at('outcome').dataset.is = is
}

function notice(words) {
  at('notice').hidden = words === ''
  at('notice').textContent = words
}

const degraded = 'Part of the shop does not answer: what you see may be out of date. You can still try to buy.'
const busy = (waitS, words) => notice(`${words} Trying again in ${waitS} s.`)

async function showEvents() {
  const { status, body } = await patiently('api/events', {}, busy)
  if (status !== 200) return notice(messageOf({ body }))
  notice(body.degraded ? degraded : '')
  at('events').replaceChildren(
    ...body.events.map((event) => {
      const item = document.createElement('li')
      const button = item.appendChild(document.createElement('button'))
      button.type = 'button'
      button.textContent = event.name
      button.addEventListener('click', () => void choose(event.id))
      return item
    }),
  )
}

async function choose(id) {
  chosen = id
  clearTimeout(polling)
  say('')
  await showEvent()
  at('event').hidden = false
  at('event-name').focus()
}

/** What remains changes while one looks. */
async function showEvent() {
  const id = chosen
  const { status, body } = await patiently(`api/events/${id}`, {}, busy)
  if (id !== chosen) return
  if (status === 200) showTiers(body)
  else notice(messageOf({ body }))
  clearTimeout(polling)
  polling = setTimeout(() => void showEvent(), pollMs)
}

function showTiers({ name, startsAt, tiers, degraded: part }) {
  notice(part ? degraded : '')
  at('event-name').textContent = name
  at('event-when').textContent = new Date(startsAt).toLocaleString()
  const before = new FormData(at('order')).get('tier')
  const known = [...at('tiers').querySelectorAll('input')].map(({ value }) => value).join()
  if (known !== tiers.map(({ id }) => id).join()) at('tiers').replaceChildren(...tiers.map(tierRow))
  for (const { id, remaining } of tiers) {
    const row = at('tiers').querySelector(`[data-tier="${CSS.escape(id)}"]`)
    row.querySelector('small').textContent =
      remaining === null ? 'availability unknown' : remaining === 0 ? 'sold out' : `${remaining} left`
    row.querySelector('input').checked = id === (before ?? tiers[0].id)
  }
}

function tierRow({ id, name, priceCents, currency }) {
  const row = document.createElement('label')
  row.className = 'tier'
  row.dataset.tier = id
  const input = row.appendChild(document.createElement('input'))
  Object.assign(input, { type: 'radio', name: 'tier', value: id, required: true })
  row.append(`${name}, ${price(priceCents, currency)}`)
  row.appendChild(document.createElement('small'))
  return row
}

at('order').addEventListener('submit', async (submitted) => {
  submitted.preventDefault()
  const form = new FormData(at('order'))
  const button = at('order').querySelector('button')
  button.disabled = true
  say('Buying')
  const order = { eventId: chosen, tierId: form.get('tier'), quantity: Number(form.get('quantity')) }
  const answer = await buy(order, newKey(), (waitS, words) => say(`${words} Your order is tried again in ${waitS} s.`))
  await tell(answer)
  button.disabled = false
})

/** randomUUID is for pages from a secure origin only, which a cluster's NodePort is not. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function tell({ status, body }) {
  let order = body
  // The outcome of a payment may be open for a while: the order says when it is known.
  for (let left = 10; (status === 202 || status === 201) && order.state === 'pending' && left > 0; left--) {
    say('Your order is in the books; the payment is being settled.')
    await new Promise((next) => setTimeout(next, 1000))
    const read = await patiently(`api/orders/${body.id}`, {})
    if (read.status === 200) order = read.body
  }
  if (order.state === 'confirmed')
    say(`Bought: ${order.quantity} for ${price(order.amountCents, order.currency)}. Order ${order.id}.`, 'good')
  else if (order.state === 'pending') say(`Your order ${order.id} is still being settled. It is safe.`)
  else say(order.state === 'cancelled' ? `Cancelled: ${order.reason ?? 'nothing was charged'}.` : messageOf({ body }), 'bad')
}

void showEvents()
